import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** The plugin whose schema these settings have. */
export const COMPLETER_ID = 'jupyter-sc2:completer';

/** Default pause between the last keystroke and the request, in milliseconds. */
export const DEFAULT_DEBOUNCE = 40;

export interface ICompletionSettings {
  /** Whether to suggest while the user types. */
  readonly enabled: boolean;
  /** Milliseconds. */
  readonly debounce: number;
  readonly maxNewTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Whether the kernel may be asked for its names. */
  readonly kernelSnapshot: boolean;
  /** Whether to suggest in files too. */
  readonly fileEditor: boolean;
  /** Whether to suggest in Markdown cells too. */
  readonly markdownCells: boolean;
}

/** What holds where there are no settings. */
export const DEFAULTS: ICompletionSettings = {
  enabled: true,
  debounce: DEFAULT_DEBOUNCE,
  maxNewTokens: 48,
  temperature: 0,
  kernelSnapshot: true,
  fileEditor: true,
  markdownCells: false
};

/** The user's settings; the defaults until, or unless, a registry has answered. */
export class CompletionSettings {
  constructor(registry: ISettingRegistry | null) {
    this._loaded = registry?.load(COMPLETER_ID).then(settings => {
      settings.changed.connect(this._update, this);
      this._update(settings);
      return settings;
    });
  }

  get current(): ICompletionSettings {
    return this._current;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Turn ghost text on or off. */
  async toggle(): Promise<void> {
    const settings = await this._loaded;
    await settings?.set('enabled', !this._current.enabled);
  }

  private _update(settings: ISettingRegistry.ISettings): void {
    const composite = settings.composite as Partial<ICompletionSettings>;
    this._current = { ...DEFAULTS, ...composite };
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _current = DEFAULTS;
  private readonly _loaded: Promise<ISettingRegistry.ISettings> | undefined;
}
