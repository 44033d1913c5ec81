import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import React from 'react';
import { BodyDialog } from './dialog';
import type { EngineModel } from './engine';
import type { CatalogueModel } from './models/catalogue';
import type { IEntry, ILicence } from './models/messages';
import { External } from './models/parts';
import { showTerms } from './models/terms';
import { roleText } from './models/words';
import { stateHelp, stateText } from './words';

/** Show what is known about the engine until the user closes it. */
export async function showDetails(
  model: EngineModel,
  catalogue: CatalogueModel | null,
  trans: TranslationBundle,
  onChoose: () => void
): Promise<void> {
  void catalogue?.open();
  const choose = Dialog.createButton({ label: trans.__('Choose weights…') });
  const restart = Dialog.createButton({
    label: trans.__('Restart the engine')
  });
  let terms: ILicence | null = null;
  const body = new EngineDetails(model, catalogue, trans, licence => {
    terms = licence;
    dialog.reject(); // one dialog at a time
  });
  const dialog = new BodyDialog({
    title: trans.__('StarCoder2 engine'),
    body,
    buttons: [choose, restart, Dialog.okButton({ label: trans.__('Close') })]
  });
  const { button } = await dialog.launch();
  if (terms && catalogue) {
    await showTerms(await catalogue.whole(terms), false, trans);
  } else if (button.label === choose.label) {
    onChoose();
  } else if (button.label === restart.label) {
    await model.restart();
  }
}

class EngineDetails extends VDomRenderer<EngineModel> {
  constructor(
    model: EngineModel,
    private readonly _catalogue: CatalogueModel | null,
    private readonly _trans: TranslationBundle,
    private readonly _onTerms: (licence: ILicence) => void
  ) {
    super(model);
    this.addClass('jp-sc2-details');
    _catalogue?.stateChanged.connect(this._onCatalogue, this);
  }

  override dispose(): void {
    this._catalogue?.stateChanged.disconnect(this._onCatalogue, this);
    super.dispose();
  }

  protected override render(): React.ReactElement {
    return (
      <>
        <dl>
          {this._rows().map(([term, value]) => (
            <React.Fragment key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
          {this._weights()}
        </dl>
        <p>{this._trans.__('Nothing leaves this machine.')}</p>
      </>
    );
  }

  /** Term and value; rows of which nothing is known are left out. */
  private _rows(): [string, string][] {
    const trans = this._trans;
    const { engine, status } = this.model;
    const { details, failure } = engine ?? {};
    const rows: [string, string | null | undefined][] = [
      [trans.__('State'), stateText(this.model, trans)],
      [trans.__('Problem'), failure && stateHelp(this.model, trans)],
      [trans.__('Weights'), engine?.weights],
      [trans.__('SHA-256'), details?.weights_sha256],
      [
        trans.__('Used for'),
        engine?.roles.map(role => roleText(role, trans)).join(', ')
      ],
      [
        trans.__('Requests'),
        engine &&
          trans.__('%1 running, %2 waiting', engine.running, engine.waiting)
      ],
      [trans.__('Device'), details?.device],
      [trans.__('Precision'), details?.precision],
      [trans.__('Memory'), details && megabytes(details.memory_bytes)],
      [
        trans.__('Versions'),
        details &&
          Object.entries(details.versions)
            .map(([name, version]) => `${name} ${version}`)
            .join(', ')
      ],
      [trans.__('jupyter-sc2'), status?.version],
      [trans.__('Protocol'), status?.protocol.toString()]
    ];
    return rows.filter((row): row is [string, string] => !!row[1]);
  }

  /** The model card and the licence of what each role uses. */
  private _weights(): React.ReactElement | null {
    const trans = this._trans;
    const catalogue = this._catalogue?.catalogue;
    const used = new Set(catalogue?.roles.map(({ weights }) => weights));
    const entries = catalogue?.entries.filter(each => used.has(each.weights));
    if (!entries?.length) {
      return null;
    }
    return (
      <>
        <dt>{trans.__('Card and licence')}</dt>
        <dd>
          {entries.map(entry => (
            <p key={entry.weights} className="jp-sc2-models-licence">
              <span>{entry.title}</span>
              {entry.card && (
                <External href={entry.card}>{trans.__('Model card')}</External>
              )}
              {this._terms(entry)}
            </p>
          ))}
        </dd>
      </>
    );
  }

  private _terms(entry: IEntry): React.ReactElement {
    const licence = this._catalogue?.licence(entry.licence);
    return licence ? (
      <>
        <External href={licence.url}>{entry.licence_name}</External>
        <button
          type="button"
          className="jp-sc2-models-textbutton"
          onClick={() => this._onTerms(licence)}
        >
          {this._trans.__('Terms')}
        </button>
      </>
    ) : (
      <span>{entry.licence_name}</span>
    );
  }

  private _onCatalogue(): void {
    this.update();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
