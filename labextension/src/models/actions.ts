import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Sc2Error } from '../api';
import type { Role } from '../messages';
import type { CatalogueModel } from './catalogue';
import type { IChooseWeights, ILicence, WeightsAction } from './messages';
import { isAccepted, showTerms } from './terms';
import { askRoles } from './use';
import { roleText, sizeText, titleOf } from './words';

/** Where the outcome of what is done with weights is told. */
export function placeOf(weights: string): string {
  return `weights:${weights}`;
}

/** What a user can do in the panel, with the questions that come before it. */
export class ModelsActions {
  constructor(
    private readonly _model: CatalogueModel,
    private readonly _trans: TranslationBundle
  ) {}

  /** Fetch weights, or go on with it. */
  async download(weights: string, place = placeOf(weights)): Promise<void> {
    await this._licensed(weights, place, () =>
      this._model.api.act('download', weights)
    );
  }

  /** Do what needs no question. */
  async act(
    action: WeightsAction,
    weights: string,
    place = placeOf(weights)
  ): Promise<void> {
    await this._model.run(place, () => this._model.api.act(action, weights));
  }

  /** Load weights that are here. */
  async load(weights: string, place: string): Promise<void> {
    await this._licensed(weights, place, () =>
      this._model.api.act('load', weights)
    );
  }

  /** End a download; what came of it goes. */
  async cancel(weights: string): Promise<void> {
    const trans = this._trans;
    const done =
      this._model.download(weights)?.done ??
      this._model.entry(weights)?.disk_bytes ??
      0;
    const sure = await this._sure({
      title: trans.__('Cancel the download of %1?', this._title(weights)),
      body: trans.__(
        '%1 that came so far are removed. A paused download keeps them.',
        sizeText(done)
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Go back') }),
        Dialog.warnButton({ label: trans.__('Cancel the download') })
      ]
    });
    if (sure) {
      await this.act('cancel', weights);
    }
  }

  /** Remove weights from disk. */
  async remove(weights: string): Promise<void> {
    const trans = this._trans;
    const entry = this._model.entry(weights);
    const users = (this._model.catalogue?.roles ?? [])
      .filter(({ weights: used }) => used === weights)
      .map(({ role }) => roleText(role, trans));
    if (users.length > 0) {
      const text = trans.__(
        'In use: %1. Choose other weights there first.',
        users.join(', ')
      );
      this._model.note(placeOf(weights), text);
      return;
    }
    const sure = await this._sure({
      title: trans.__('Delete %1?', this._title(weights)),
      body: trans.__(
        'This frees %1 on disk. They can be downloaded again.',
        sizeText(entry?.disk_bytes ?? 0)
      ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Delete') })
      ]
    });
    if (sure) {
      await this.act('delete', weights);
    }
  }

  /** Ask for which roles weights shall be used, and use them. */
  async use(weights: string, place = placeOf(weights)): Promise<void> {
    const roles = await this._ask(() =>
      askRoles(weights, this._model, this._trans)
    );
    if (roles?.length) {
      await this._licensed(weights, place, async () => {
        for (const role of roles) {
          await this._model.api.chooseWeights(role, {
            weights,
            adapter: '',
            precision: 'auto',
            device: this._model.choice(role)?.device ?? 'auto',
            context: this._model.choice(role)?.context ?? 4096
          });
        }
      });
    }
  }

  /** Whether the server took the choice. */
  async choose(
    role: Role,
    choice: IChooseWeights,
    place: string
  ): Promise<boolean> {
    return this._licensed(choice.weights, place, () =>
      this._model.api.chooseWeights(role, choice)
    );
  }

  async setIdleMinutes(minutes: number, place: string): Promise<boolean> {
    return this._model.run(place, () =>
      this._model.api.setIdleMinutes(minutes)
    );
  }

  /** Show a licence's terms to somebody who wants to read them. */
  async showTerms(licence: ILicence): Promise<void> {
    await this._ask(async () =>
      showTerms(await this._model.whole(licence), false, this._trans)
    );
  }

  /** Do what the weights' licence allows only to those who accepted it. */
  private async _licensed(
    weights: string,
    place: string,
    wish: () => Promise<unknown>
  ): Promise<boolean> {
    const id = this._model.entry(weights)?.licence;
    const known = id ? this._model.licence(id) : undefined;
    if (known && !isAccepted(known) && !(await this._accepts(known, place))) {
      return false;
    }
    let needed: ILicence | undefined;
    const done = await this._model.run(place, async () => {
      try {
        await wish();
      } catch (error) {
        needed = this._needed(error);
        if (!needed) {
          throw error;
        }
      }
    });
    if (needed && (await this._accepts(needed, place))) {
      return this._model.run(place, wish);
    }
    return done && !needed;
  }

  /** Ask whether the user accepts a licence, and tell the server. */
  private async _accepts(licence: ILicence, place: string): Promise<boolean> {
    const answer = await this._ask(async () =>
      showTerms(await this._model.whole(licence), true, this._trans)
    );
    if (!answer) {
      return false;
    }
    const told =
      answer === 'none' ||
      (await this._model.run(place, () =>
        this._model.api.answerLicence(licence, answer === 'accepted')
      ));
    if (told && answer !== 'accepted') {
      this._model.note(
        place,
        this._trans.__(
          'The terms were not accepted. Nothing was downloaded or loaded.'
        )
      );
    }
    return told && answer === 'accepted';
  }

  private async _sure(
    options: Partial<Dialog.IOptions<void>>
  ): Promise<boolean> {
    const result = await this._ask(() => showDialog(options));
    return result?.button.accept ?? false;
  }

  /** One question at a time: a second click on a button asks nothing more. */
  private async _ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    if (this._asking) {
      return undefined;
    }
    this._asking = true;
    try {
      return await question();
    } finally {
      this._asking = false;
    }
  }

  /** The licence that the server misses, of weights that it knows better. */
  private _needed(error: unknown): ILicence | undefined {
    return error instanceof Sc2Error && error.code === 'licence_needed'
      ? this._model.catalogue?.licences.find(each => !isAccepted(each))
      : undefined;
  }

  private _title(weights: string): string {
    return titleOf(weights, this._model.catalogue?.entries ?? []);
  }

  private _asking = false;
}
