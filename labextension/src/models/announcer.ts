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

  /** Announce `text` about `thing`, if it is time to. */
  tell(thing: string, state: string, text: string): void {
    const now = this._now();
    const last = this._last.get(thing);
    if (last && last.state === state && now - last.time < PAUSE) {
      return;
    }
    this._last.set(thing, { state, time: now });
    this._text = text;
  }

  private readonly _last = new Map<string, { state: string; time: number }>();
  private _text = '';
}
