import { UUID } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Sc2Api } from '../api';
import { Sc2Error } from '../api';
import type {
  IConversation,
  IDone,
  IMessage,
  IPiece,
  Sc2Event
} from '../messages';
import { PROTOCOL } from '../messages';
import { heard, sentence, unheard, unlessMissing } from './unheard';

const MAX_ATTEMPTS = 5;
const STOP_MS = 3000;

/** How often growing text is told, in milliseconds. */
const TELL_MS = 80;

export interface IAskOptions {
  context: IPiece[];
  language: string;
  maxNewTokens: number;
  temperature: number;
}

/** What is going on while there is no text yet. */
export type Progress = Exclude<Sc2Event, { type: 'text' | 'done' | 'error' }>;

/** The conversation of one notebook, and the reply that is being written. */
export class ChatSession {
  constructor(
    private readonly _api: Sc2Api,
    private readonly _clientId: string,
    private _path: string
  ) {}

  /** Emitted at each change of what follows. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get path(): string {
    return this._path;
  }

  /** Follow a notebook that was renamed. */
  set path(path: string) {
    this._path = path;
  }

  get messages(): readonly IMessage[] {
    return this._conversation?.messages ?? [];
  }

  /** The question that is being answered, until the server has told of it. */
  get question(): { text: string; context: IPiece[] } | null {
    return this._question;
  }

  /** The reply so far; null when none is being written. */
  get reply(): string | null {
    return this._reply;
  }

  get progress(): Progress | null {
    return this._progress;
  }

  /** Which weights reply, once that is known. */
  weights = '';
  kind: 'base' | 'chat' = 'base';

  /** What the user has to know, in a sentence, until the next question. */
  notice = '';

  /** Why the last reply is not on disk; empty when it is. */
  unsaved = '';

  /** What the user has typed and not sent yet. */
  draft = '';

  get busy(): boolean {
    return this._reply !== null;
  }

  get isOpen(): boolean {
    return this._conversation !== null;
  }

  /** Ask again which weights reply, at the next opening. */
  forgetWeights(): void {
    this._weightsAreOld = true;
  }

  /** Load the conversation, or what is new of it; not while a reply comes. */
  async open(): Promise<void> {
    if (this.busy && this._conversation) {
      return;
    }
    this._opening ??= this._open().finally(() => {
      this._opening = null;
    });
    return this._opening;
  }

  /** Ask, and follow the answer to its end. Never rejects. */
  async ask(text: string, options: IAskOptions): Promise<void> {
    if (this.busy) {
      return;
    }
    this.notice = '';
    this._question = { text, context: options.context };
    this._reply = '';
    this._changed.emit();
    let done: IDone | null = null;
    try {
      done = await this._answer(text, options);
    } catch (error) {
      this.notice = sentence(error);
    }
    const stopped = this._stopped;
    this._controller = this._requestId = this._progress = null;
    this._stopped = false;
    try {
      await this._reload();
      if (!done && !heard(this.messages, text)) {
        this.draft ||= text; // refused before it was kept: nothing typed is lost
      }
      if (this.messages[this.messages.length - 1]?.error) {
        this.notice = ''; // it stands beside the reply that failed
      }
    } catch (error) {
      this.notice ||= sentence(error);
      this._keepUnheard(text, options.context);
    }
    this.unsaved = done?.unsaved ?? '';
    if (stopped && !done) {
      this.notice = '';
    }
    this._question = this._reply = null;
    this._changed.emit();
  }

  /** End the reply; what there is of it stays. */
  stop(): void {
    const controller = this._controller;
    if (!controller || this._stopped) {
      return;
    }
    this._stopped = true;
    if (this._requestId) {
      this._api.cancel(this._requestId).catch(() => undefined);
    }
    // The server tells what it keeps; a connection that hangs must not matter.
    setTimeout(() => controller.abort(), STOP_MS);
    this._changed.emit();
  }

  /** Forget everything that was said, for ever. */
  async clear(): Promise<void> {
    const { _conversation: old } = this;
    try {
      if (old && old.messages.length > 0) {
        await unlessMissing(this._api.forgetConversation(old.id));
      }
      this._conversation = null;
      await this.open();
    } catch (error) {
      this.notice = sentence(error);
    }
    this._changed.emit();
  }

  private async _open(): Promise<void> {
    try {
      if (this._conversation) {
        // Another page may have spoken in the meantime, or the notebook be another.
        this._conversation = await unlessMissing(
          this._api.conversation(this._conversation.id)
        );
        const { path, deleted } = this._conversation ?? {};
        if (path === this._path && !deleted && !this._weightsAreOld) {
          this._changed.emit();
          return;
        }
      }
      const opened = await this._api.openConversation(this._path);
      this._conversation = opened.conversation;
      this.weights = opened.weights;
      this.kind = opened.kind;
      this._weightsAreOld = false;
      this.notice = opened.notice;
    } catch (error) {
      this.notice = sentence(error);
    }
    this._changed.emit();
  }

  private async _reload(): Promise<void> {
    if (this._conversation) {
      this._conversation = await this._api.conversation(this._conversation.id);
    }
  }

  /** Ask, again where another page was faster or the server has forgotten. */
  private async _answer(text: string, options: IAskOptions): Promise<IDone> {
    for (let attempt = 1; ; attempt++) {
      await this.open();
      if (!this._conversation) {
        throw new Error(this.notice);
      }
      try {
        return await this._follow(this._conversation, text, options);
      } catch (error) {
        const code = error instanceof Sc2Error ? error.code : '';
        if (attempt >= MAX_ATTEMPTS || this._stopped) {
          throw error;
        }
        if (code === 'conflict') {
          await this._reload();
        } else if (code === 'not_found') {
          this._conversation = null;
        } else {
          throw error;
        }
      }
    }
  }

  private async _follow(
    { id, revision }: IConversation,
    text: string,
    options: IAskOptions
  ): Promise<IDone> {
    const controller = (this._controller = new AbortController());
    const events = await this._api.chat(
      {
        protocol: PROTOCOL,
        request_id: (this._requestId = UUID.uuid4()),
        client_id: this._clientId,
        seq: ++ChatSession._seq,
        conversation_id: id,
        revision,
        message: text,
        context: options.context,
        language: options.language,
        options: {
          max_new_tokens: options.maxNewTokens,
          temperature: options.temperature
        }
      },
      controller.signal
    );
    for await (const event of events) {
      if (event.type === 'done') {
        return event;
      } else if (event.type === 'error') {
        throw new Sc2Error(event);
      } else if (event.type === 'text') {
        this._progress = null;
        this._reply += event.text;
        this._tell();
      } else {
        this._progress = event;
        this._changed.emit();
      }
    }
    throw new Error('The server closed the connection.');
  }

  /** The server cannot be asked what it kept: show what was seen here. */
  private _keepUnheard(text: string, context: IPiece[]): void {
    if (this._conversation) {
      const said = unheard(text, context, this._reply ?? '');
      const messages = [...this._conversation.messages, ...said];
      this._conversation = { ...this._conversation, messages };
    } else {
      this.draft ||= text;
    }
  }

  private _tell(): void {
    this._timer ??= setTimeout(() => {
      this._timer = null;
      this._changed.emit();
    }, TELL_MS);
  }

  private readonly _changed = new Signal<this, void>(this);
  private _controller: AbortController | null = null;
  private _conversation: IConversation | null = null;
  private _opening: Promise<void> | null = null;
  private _progress: Progress | null = null;
  private _question: { text: string; context: IPiece[] } | null = null;
  private _reply: string | null = null;
  private _requestId: string | null = null;
  private _stopped = false;
  private _timer: ReturnType<typeof setTimeout> | null = null;
  private _weightsAreOld = false;

  /** One counter for the page keeps the numbers growing. */
  private static _seq = 0;
}
