/** The least time between two announcements of progress, in milliseconds. */
const PAUSE = 10_000;

/**
 * What a screen reader hears of things that go on: each change of state at
 * once, and progress from time to time.
 */
export class Announcer {
  constructor(private readonly _now: () => number = () => Date.now()) {}

  /** The last announcement. */
  get text(): string {
    return this._text;
  }

  /** Take as known how a thing is that nobody has waited for. */
  know(thing: string, state: string, text: string): void {
    if (!this._last.has(thing)) {
      this._last.set(thing, { state, text, time: this._now() });
    }
  }

  /** Announce `text` about `thing`, if it is news and it is time to. */
  tell(thing: string, state: string, text: string): void {
    const time = this._now();
    const last = this._last.get(thing);
    const isNew = last?.state !== state;
    if (isNew || (last.text !== text && time - last.time >= PAUSE)) {
      this._last.set(thing, { state, text, time });
      this._text = text;
    }
  }

  private readonly _last = new Map<
    string,
    { state: string; text: string; time: number }
  >();
  private _text = '';
}
