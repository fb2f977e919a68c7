import { readFileSync, statSync } from 'node:fs';

interface PluginJson {
  id: string;
  info: {
    description: string;
    logos: { small: string; large: string };
    links: Array<{ name: string; url: string }>;
    screenshots: Array<{ name: string; path: string }>;
  };
}

const FOLDER = new URL('../src/', import.meta.url);
const { id, info } = JSON.parse(readFileSync(new URL('plugin.json', FOLDER), 'utf8')) as PluginJson;

/** First bytes of the formats that the plugin catalog shows. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
const LARGEST_BYTES = 150_000;

test('the catalog gets what it shows: a description, links and screenshots that are described', () => {
  expect(id).toBe('heapscope-kubernetes-datasource');
  expect(info.description.length).toBeGreaterThan(40);
  expect(info.links.length).toBeGreaterThan(0);
  for (const { name, url } of info.links) {
    expect([name, new URL(url).protocol]).toEqual([expect.stringMatching(/^.{3,50}$/), 'https:']);
  }
  expect(info.screenshots.length).toBeGreaterThan(0);
});

test.each(info.screenshots)('the screenshot $path is a small picture that is there', ({ name, path }) => {
  expect(name).not.toBe('');
  expect(readFileSync(new URL(path, FOLDER)).subarray(0, JPEG.length)).toEqual(JPEG);
  expect(statSync(new URL(path, FOLDER)).size).toBeLessThan(LARGEST_BYTES);
});

test.each(Object.entries(info.logos))('the %s logo is there', (_, path) => {
  expect(readFileSync(new URL(path, FOLDER), 'utf8')).toContain('<svg');
});
