/**
 * A suggestion while it is being written, and while the user types through it.
 *
 * It belongs to one cell's source and cursor. What the user types after that
 * must be a prefix of its text; then the rest still holds and needs no new
 * request. All indices are UTF-16, as in the editor.
 */
export class Suggestion {
  constructor(
    readonly cellId: string,
    source: string,
    cursor: number
  ) {
    this._before = source.slice(0, cursor);
    this._after = source.slice(cursor);
  }

  get text(): string {
    return this._text;
  }

  /** Whether no more text will come. */
  get finished(): boolean {
    return this._finished;
  }

  /** Why it ended early, if it did. */
  get error(): string | null {
    return this._error;
  }

  /** Resolves at the next piece of text or at the end; at once when finished. */
  get changed(): Promise<void> {
    return this._finished ? Promise.resolve() : this._changed.promise;
  }

  append(text: string): void {
    if (!this._finished && text) {
      this._text += text;
      this._wake();
    }
  }

  /** The end: `text` is what of it is worth keeping, perhaps nothing. */
  settle(text: string): void {
    if (!this._finished) {
      this._text = text;
      this.finish();
    }
  }

  finish(error: string | null = null): void {
    if (!this._finished) {
      this._finished = true;
      this._error = error;
      this._wake();
    }
  }

  /**
   * What is left to insert at `cursor` of `source`, or null when the user went
   * another way. Null too when they typed further than the text goes so far.
   */
  remaining(cellId: string, source: string, cursor: number): string | null {
    if (cellId !== this.cellId || cursor < this._before.length) {
      return null;
    }
    const typed = source.slice(this._before.length, cursor);
    const same =
      source.slice(cursor) === this._after && source.startsWith(this._before);
    return same && this._text.startsWith(typed)
      ? this._text.slice(typed.length)
      : null;
  }

  private _wake(): void {
    const { resolve } = this._changed;
    this._changed = deferred();
    resolve();
  }

  private readonly _before: string;
  private readonly _after: string;
  private _text = '';
  private _finished = false;
  private _error: string | null = null;
  private _changed = deferred();
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>(done => (resolve = done));
  return { promise, resolve };
}
