// Imported before a program (`node --import`): its clock goes `BENCH_CLOCK_SHIFT_MS` before or behind that of the machine, in all
// of its threads. So what happens at even hours can be made to happen within a soak.
const shiftMs = Number(process.env.BENCH_CLOCK_SHIFT_MS);
const MachineDate = globalThis.Date;

globalThis.Date = class Date extends MachineDate {
  constructor(...given) {
    super(...(given.length === 0 ? [MachineDate.now() + shiftMs] : given));
  }

  static now() {
    return MachineDate.now() + shiftMs;
  }
};
