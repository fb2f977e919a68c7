const SIZE = 400;

/** Gives jsdom's elements a size and text a width; Grafana's pickers only draw the options that are in sight. */
export function pretendLayout(): void {
  const box = { width: SIZE, height: SIZE, top: 0, left: 0, bottom: SIZE, right: SIZE, x: 0, y: 0, toJSON: () => ({}) };
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(box);
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(SIZE);
  jest.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(SIZE);
  const context: Pick<CanvasRenderingContext2D, 'measureText' | 'font'> = {
    font: '',
    measureText: (text) => ({ width: text.length * 8 }) as TextMetrics,
  };
  jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as CanvasRenderingContext2D);
  globalThis.IntersectionObserver = IdleObserver as unknown as typeof IntersectionObserver;
  globalThis.ResizeObserver ??= IdleObserver as unknown as typeof ResizeObserver;
}

/** Grafana's pickers set their state on timers of their own, which React's test mode would remark on at every key. */
export function allowUpdatesOnTimers(): void {
  const report = console.error;
  jest.spyOn(console, 'error').mockImplementation((...message: unknown[]) => {
    if (!/not wrapped in act|suspended inside an `act` scope/.test(String(message[0]))) {
      report(...message);
    }
  });
}

/** Sizes never change here. */
class IdleObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
