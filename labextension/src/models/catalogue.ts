import type { Event, ServiceManager } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import type { Sc2Api } from '../api';
import { Sc2Error } from '../api';
import type { EngineModel } from '../engine';
import type { Role } from '../messages';
import { Announcer } from './announcer';
import type {
  ICatalogue,
  IDownload,
  IEntry,
  ILicence,
  IRoleChoice
} from './messages';

const DOWNLOAD_EVENTS = 'https://events.jupyter-sc2.org/download/v1';
const ROLES_EVENTS = 'https://events.jupyter-sc2.org/roles/v1';

/** Events of one moment lead to one request, after so many milliseconds. */
const GATHER_MS = 300;

/** What went wrong, or has to be known, where something was wanted. */
export interface IProblem {
  text: string;
  hint: string;
  /** Whether it is no failure: the user's own refusal, for example. */
  mild: boolean;
  retry: (() => void) | null;
}

/** The catalogue as the server last told it, and what is being asked for. */
export class CatalogueModel extends VDomModel {
  constructor(
    readonly api: Sc2Api,
    readonly engine: EngineModel,
    private readonly _services: ServiceManager.IManager
  ) {
    super();
    _services.events.stream.connect(this._onEvent, this);
    engine.stateChanged.connect(this._onEngine, this);
  }

  readonly announcer = new Announcer();

  /** The last answer; null before the first one. */
  get catalogue(): ICatalogue | null {
    return this._catalogue;
  }

  /** Why there is no newer answer; null when all is well. */
  get failure(): Error | null {
    return this._failure;
  }

  get away(): boolean {
    return this.engine.state === 'unreachable';
  }

  entry(weights: string): IEntry | undefined {
    return this._catalogue?.entries.find(each => each.weights === weights);
  }

  download(weights: string): IDownload | undefined {
    return this._catalogue?.downloads.find(each => each.weights === weights);
  }

  licence(id: string): ILicence | undefined {
    return this._catalogue?.licences.find(each => each.id === id);
  }

  /** With the licence file that the weights carry, if the server has one. */
  async whole(licence: ILicence): Promise<ILicence> {
    try {
      return await this.api.licence(licence.id);
    } catch {
      return licence; // the terms themselves are known
    }
  }

  choice(role: Role): IRoleChoice | undefined {
    return this._catalogue?.roles.find(each => each.role === role);
  }

  /** Whether something that was asked for at `place` has no answer yet. */
  busy(place: string): boolean {
    return this._busy.has(place);
  }

  problem(place: string): IProblem | null {
    return this._problems.get(place) ?? null;
  }

  /** Say `text` at `place` until something else is asked for there. */
  note(place: string, text: string): void {
    this._problems.set(place, { text, hint: '', mild: true, retry: null });
    this.stateChanged.emit();
  }

  /** Ask for something at `place`, where a failure is then told. */
  async run(place: string, wish: () => Promise<unknown>): Promise<boolean> {
    if (this._busy.has(place)) {
      return false;
    }
    this._problems.delete(place);
    this._busy.add(place);
    this.stateChanged.emit();
    try {
      await wish();
      return true;
    } catch (error) {
      this._problems.set(place, {
        text: error instanceof Error ? error.message : String(error),
        hint: error instanceof Sc2Error ? error.hint : '',
        mild: false,
        retry: () => void this.run(place, wish)
      });
      return false;
    } finally {
      await this.refresh();
      this._busy.delete(place);
      this.stateChanged.emit();
    }
  }

  /** Load the catalogue unless it is there. */
  async open(): Promise<void> {
    if (!this._catalogue) {
      await this.refresh();
    }
  }

  /** Ask the server for all of it. Never rejects. */
  async refresh(): Promise<void> {
    clearTimeout(this._timer);
    this._timer = undefined;
    const mine = ++this._asked;
    this._during = [];
    try {
      const catalogue = await this.api.catalogue();
      if (mine < this._asked || this.isDisposed) {
        return; // a later question is on its way
      }
      this._catalogue = catalogue;
      this._failure = null;
      // What was told meanwhile may be newer than the answer.
      this._during.forEach(change => change());
    } catch (error) {
      if (mine === this._asked) {
        this._failure = error as Error;
        // Goes on asking until somebody answers.
        void this.engine.refresh();
      }
    }
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }

  override dispose(): void {
    clearTimeout(this._timer);
    this._services.events.stream.disconnect(this._onEvent, this);
    this.engine.stateChanged.disconnect(this._onEngine, this);
    super.dispose();
  }

  private _onEvent(_: unknown, emission: Event.Emission): void {
    if (!this._catalogue) {
      return;
    }
    if (emission.schema_id === DOWNLOAD_EVENTS) {
      this._take(() => this._takeDownload(emission as unknown as IDownload));
    } else if (emission.schema_id === ROLES_EVENTS) {
      const { roles } = emission as unknown as { roles: IRoleChoice[] };
      this._take(() => this._change({ roles }));
      this._refreshSoon();
    }
  }

  private _take(change: () => void): void {
    this._during.push(change);
    change();
    this.stateChanged.emit();
  }

  private _takeDownload(download: IDownload): void {
    const { weights, state } = download;
    const downloads = this._catalogue?.downloads ?? [];
    if (downloads.find(d => d.weights === weights)?.state !== state) {
      this._refreshSoon(); // what is on disk is another, too
    }
    this._change({
      downloads: [...downloads.filter(d => d.weights !== weights), download]
    });
  }

  private _change(part: Partial<ICatalogue>): void {
    this._catalogue = this._catalogue && { ...this._catalogue, ...part };
  }

  /** Loaded weights change what is free; a server that is back, everything. */
  private _onEngine(): void {
    const engines = this.engine.status?.engines ?? [];
    const states = engines.map(({ weights, state }) => `${weights} ${state}`);
    const now = [String(this.away), ...states].join();
    if (now !== this._engines) {
      this._engines = now;
      if (this._catalogue || this._failure) {
        this._refreshSoon();
      }
    }
    this.stateChanged.emit();
  }

  private _refreshSoon(): void {
    this._timer ??= setTimeout(() => {
      this._timer = undefined;
      if (!this.away) {
        void this.refresh();
      }
    }, GATHER_MS);
  }

  private _asked = 0;
  private readonly _busy = new Set<string>();
  private _catalogue: ICatalogue | null = null;
  private _during: (() => void)[] = [];
  private _engines = '';
  private _failure: Error | null = null;
  private readonly _problems = new Map<string, IProblem>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
