const BEARER = /(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi;
const JSON_WEB_TOKEN = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g;
const USER_INFO = /(\bhttps?:\/\/)[^\s/@"]+@/gi;
const PASSWORD_OPTION = /([?&](?:pw|pass|password|token)=)[^\s&"']+/gi;

/** Takes bearer tokens, JSON web tokens and passwords in addresses out of a text. */
export function redactSecrets(text: string): string {
  return text
    .replace(BEARER, '$1[redacted]')
    .replace(JSON_WEB_TOKEN, '[redacted]')
    .replace(USER_INFO, '$1[redacted]@')
    .replace(PASSWORD_OPTION, '$1[redacted]');
}
