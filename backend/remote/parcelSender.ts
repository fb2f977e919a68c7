import { sentenceOf } from '../errors.ts';
import { ByteWriter } from './byteWriter.ts';
import { encodeVersion1 } from './encodeVersion1.ts';
import { encodeVersion2 } from './encodeVersion2.ts';
import type { Endpoint } from './endpoint.ts';
import { sortExternalLabels, type ExternalLabels } from './externalLabels.ts';
import type { ReceiverOptions, SendingOptions } from './receiver.ts';
import { judgeAnswer, type OtherProtocol, type Outcome, type Protocol } from './requestOutcome.ts';
import type { Parcel } from './sampleGrid.ts';
import { packSnappy } from './snappyBlock.ts';

const CONTENT_TYPES: Readonly<Record<Protocol, string>> = {
  '1.0': 'application/x-protobuf',
  '2.0': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
};
const VERSIONS: Readonly<Record<Protocol, string>> = { '1.0': '0.1.0', '2.0': '2.0.0' };
const LONGEST_ANSWER = 4096;

/** Sends parcels to one receiver, each by the protocol that it takes. */
export class ParcelSender {
  private readonly endpoint: Endpoint;
  private readonly options: ReceiverOptions;
  private readonly sending: SendingOptions;
  private readonly external: ExternalLabels;
  private readonly bytes = new ByteWriter(1 << 20);
  private currentProtocol: Protocol;
  private speaksVersion2 = false;

  constructor(endpoint: Endpoint, options: ReceiverOptions, sending: SendingOptions) {
    this.endpoint = endpoint;
    this.options = options;
    this.sending = sending;
    this.external = sortExternalLabels(options.labels ?? {});
    this.currentProtocol = options.protocol === '1.0' ? '1.0' : '2.0';
  }

  /** What the next parcel is sent by. */
  get protocol(): Protocol {
    return this.currentProtocol;
  }

  /** Sends a parcel by the protocol of the last one; by the other where that is not understood, and from then on if it is taken. */
  async send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    const protocol = this.currentProtocol;
    const outcome = await this.attempt(parcel, protocol, signal);
    if (outcome.kind !== 'other_protocol') {
      return outcome;
    }
    const other = protocol === '2.0' ? '1.0' : '2.0';
    const again = await this.attempt(parcel, other, signal);
    if (again.kind === 'other_protocol') {
      return outcome.refusal;
    }
    if (again.kind === 'sent') {
      this.changeTo(other);
    }
    return again;
  }

  private async attempt(parcel: Parcel, protocol: Protocol, signal: AbortSignal): Promise<Outcome | OtherProtocol> {
    const { clock, requestTimeoutMs, userAgent } = this.sending;
    let body: Buffer;
    try {
      body = this.encode(parcel, protocol);
    } catch (error) {
      // It would fail again: better to lose it than to hold up everything behind it.
      const problem = `Samples could not be encoded: ${sentenceOf(error)}. This is a fault of Heapscope; please report it.`;
      return { kind: 'refused', problem, status: 0, sentCount: 0, isConfirmed: false };
    }
    try {
      const answer = await this.endpoint.ask({
        method: 'POST',
        headers: {
          'content-type': CONTENT_TYPES[protocol],
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': VERSIONS[protocol],
          'user-agent': userAgent,
        },
        body,
        timeoutMs: requestTimeoutMs,
        maxAnswerBytes: LONGEST_ANSWER,
        mayCut: true,
        signal,
      });
      const outcome = judgeAnswer(answer, {
        title: this.options.title,
        protocol,
        mayChange: this.options.protocol === 'auto',
        speaksVersion2: this.speaksVersion2,
        sampleCount: parcel.sampleCount,
        nowMs: clock.nowMs(),
      });
      this.speaksVersion2 ||= (outcome.kind === 'sent' || outcome.kind === 'refused') && outcome.isConfirmed;
      return outcome;
    } catch (error) {
      return { kind: 'retry', problem: `${sentenceOf(error)} Samples wait and are sent again.`, delayMs: 0 };
    }
  }

  private encode(parcel: Parcel, protocol: Protocol): Buffer {
    const encode = protocol === '2.0' ? encodeVersion2 : encodeVersion1;
    this.bytes.clear();
    encode(parcel, this.external, this.bytes);
    return packSnappy(this.bytes.written());
  }

  private changeTo(protocol: Protocol): void {
    const before = this.currentProtocol;
    if (before !== protocol) {
      const { title } = this.options;
      this.sending.log.info(`${title} does not speak protocol ${before} of remote write; ${protocol} is used.`);
      this.currentProtocol = protocol;
    }
  }
}
