import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { BodyDialog } from '../dialog';
import type { Role } from '../messages';
import type { CatalogueModel } from './catalogue';
import type { IRoleChoice } from './messages';
import { fits, serves } from './fit';
import { roleText, titleOf } from './words';

/** Ask for which roles `weights` shall be used; none when the user leaves. */
export async function askRoles(
  weights: string,
  model: CatalogueModel,
  trans: TranslationBundle
): Promise<Role[]> {
  const entries = model.catalogue?.entries ?? [];
  const dialog = new BodyDialog<Role[]>({
    title: trans.__('Use %1 for', titleOf(weights, entries)),
    body: new RoleBoxes(weights, model, trans),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Use') })
    ],
    focusNodeSelector: 'input:enabled'
  });
  const { button, value } = await dialog.launch();
  return button.accept ? (value ?? []) : [];
}

class RoleBoxes extends ReactWidget {
  constructor(
    private readonly _weights: string,
    private readonly _model: CatalogueModel,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-sc2-use');
    const entry = _model.entry(_weights);
    const suited = entry?.suited_for ?? ['ghost', 'magic'];
    const roles = _model.catalogue?.roles ?? [];
    this._chosen = new Set(
      roles
        .filter(({ role, pinned }) => !pinned && suited.includes(role))
        .map(({ role }) => role)
    );
  }

  /** What the dialog returns. */
  getValue(): Role[] {
    return [...this._chosen];
  }

  protected override render(): React.ReactElement {
    const trans = this._trans;
    const entry = this._model.entry(this._weights);
    return (
      <>
        {(this._model.catalogue?.roles ?? []).map(choice => (
          <label key={choice.role}>
            <input
              type="checkbox"
              defaultChecked={this._chosen.has(choice.role)}
              disabled={choice.pinned || !serves(choice.role, entry)}
              onChange={({ target }) => {
                if (target.checked) {
                  this._chosen.add(choice.role);
                } else {
                  this._chosen.delete(choice.role);
                }
              }}
            />
            <span>
              {roleText(choice.role, trans)}
              <small>{this._now(choice, serves(choice.role, entry))}</small>
            </span>
          </label>
        ))}
        {entry && !fits(entry) && (
          <p className="jp-sc2-models-warning">{entry.verdict}</p>
        )}
      </>
    );
  }

  private _now({ weights, pinned }: IRoleChoice, serves: boolean): string {
    const trans = this._trans;
    if (!serves) {
      return trans.__('these weights answer, they do not complete code');
    }
    const entries = this._model.catalogue?.entries ?? [];
    const now = trans.__('now %1', titleOf(weights, entries));
    return pinned ? trans.__('%1, set by an administrator', now) : now;
  }

  private readonly _chosen: Set<Role>;
}
