import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { IEditorHost, IPlace } from './host';
import { GHOST_ACTIVE_CLASS, atBlank, samePlace } from './host';
import type { Session } from './session';

/** Pause after which a new place is worth reading ahead, in milliseconds. */
const WARM_DELAY = 150;

/** A cursor move of this many characters counts as going elsewhere. */
const LONG_MOVE = 200;

/** What Enter inserts: a line break and indentation, two between brackets. */
const ENTER = /^\n[ \t]*(\n[ \t]*)?$/;

export interface IWatcherOptions {
  session: Session;
  /** Ask the host to show a suggestion at the cursor. */
  invoke: () => void;
  enabled: () => boolean;
  /** Pause after Enter, in milliseconds. */
  debounce: () => number;
}

/**
 * What the host does not tell a provider: that the user left (Escape, blur,
 * cursor), that they arrived somewhere, and that they pressed Enter (the host
 * asks for nothing when only white space stands before the cursor).
 */
export class EditorWatcher implements IDisposable {
  constructor(
    private readonly _host: IEditorHost,
    private readonly _options: IWatcherOptions
  ) {
    for (const type of EVENTS) {
      _host.node.addEventListener(type, this, true);
    }
    _host.modelChanged?.connect(this._onModel, this);
    this._onModel();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    for (const type of EVENTS) {
      this._host.node.removeEventListener(type, this, true);
    }
    clearTimeout(this._warmTimer);
    clearTimeout(this._invokeTimer);
    Signal.clearData(this);
    this._options.session.cancel();
  }

  /** Something ran: read its outcome ahead, where the user is. */
  refresh(): void {
    const place = this._host.place();
    if (place?.editor.hasFocus() && this._touched && this._options.enabled()) {
      this._options.session.warm();
    }
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case 'keydown':
        this._touched = true;
        if ((event as KeyboardEvent).key === 'Escape') {
          this._leave();
          this._clearGhost();
        }
        break;
      case 'pointerdown':
        this._touched = true;
        break;
      case 'focusin':
        this._arrive();
        break;
      case 'focusout':
        // The host keeps its ghost while its own hover box has the focus.
        if (!inHoverBox((event as FocusEvent).relatedTarget)) {
          this._leave();
        }
        break;
    }
  }

  private _onModel(): void {
    const { model } = this._host;
    const old = this._model;
    if (model === old) {
      return;
    }
    if (old && !old.isDisposed) {
      old.sharedModel.changed.disconnect(this._onText, this);
      old.selections.changed.disconnect(this._onCursor, this);
    }
    this._leave();
    this._model = model;
    model?.sharedModel.changed.connect(this._onText, this);
    model?.selections.changed.connect(this._onCursor, this);
    this._arrive();
  }

  private _onText(_: unknown, change: ITextChange): void {
    if (!change.sourceChange) {
      return;
    }
    clearTimeout(this._invokeTimer);
    const place = this._host.place();
    if (!place?.editor.hasFocus()) {
      return;
    }
    this._last = place;
    if (!this._options.enabled() || !atBlank(place)) {
      return;
    }
    // The host remembers where its ghost began only when asked again.
    const typedThrough = this._options.session.usable(place) !== null;
    const entered = change.sourceChange.some(
      ({ insert }) => typeof insert === 'string' && ENTER.test(insert)
    );
    if (typedThrough || entered) {
      const delay = typedThrough ? 0 : this._options.debounce();
      this._invokeTimer = setTimeout(() => {
        if (place.editor.hasFocus() && samePlace(place, this._host.place())) {
          this._options.invoke();
        }
      }, delay);
    }
  }

  private _onCursor(): void {
    this._options.session.reconsider();
    const place = this._host.place();
    const last = this._last;
    if (place && last && place.source === last.source) {
      if (Math.abs(place.cursor - last.cursor) >= LONG_MOVE) {
        this._arrive();
      }
    }
  }

  private _leave(): void {
    clearTimeout(this._warmTimer);
    clearTimeout(this._invokeTimer);
    this._options.session.cancel();
  }

  /**
   * JupyterLab takes a ghost away when its editor loses the focus. A cell has
   * lost it by now; other editors keep it at Escape.
   */
  private _clearGhost(): void {
    const editor = this._host.place()?.editor;
    if (
      editor?.hasFocus() &&
      editor.host.classList.contains(GHOST_ACTIVE_CLASS)
    ) {
      editor.blur();
      editor.focus();
    }
  }

  /** Read ahead, but never for what was only opened. */
  private _arrive(): void {
    clearTimeout(this._warmTimer);
    if (this._touched && this._options.enabled()) {
      this._warmTimer = setTimeout(() => {
        const place = this._host.place();
        if (!samePlace(place, this._last)) {
          this._last = place;
          this._options.session.warm();
        }
      }, WARM_DELAY);
    }
  }

  private _isDisposed = false;
  private _invokeTimer: ReturnType<typeof setTimeout> | undefined;
  /** The last place that a request was about. */
  private _last: IPlace | null = null;
  private _model: CodeEditor.IModel | null = null;
  private _touched = false;
  private _warmTimer: ReturnType<typeof setTimeout> | undefined;
}

/** The part of a text's change that concerns us. */
interface ITextChange {
  sourceChange?: readonly { insert?: unknown }[];
}

const EVENTS = ['keydown', 'pointerdown', 'focusin', 'focusout'];

function inHoverBox(target: EventTarget | null): boolean {
  return target instanceof Element && !!target.closest('.jp-InlineCompleter');
}
