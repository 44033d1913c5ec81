import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import React from 'react';
import type { EngineModel } from './engine';
import { stateHelp, stateText } from './words';

/** Show what is known about the engine until the user closes it. */
export async function showDetails(
  model: EngineModel,
  trans: TranslationBundle
): Promise<void> {
  const restart = Dialog.createButton({
    label: trans.__('Restart the engine')
  });
  const { button } = await showDialog({
    title: trans.__('StarCoder2 engine'),
    body: new EngineDetails(model, trans),
    buttons: [restart, Dialog.okButton({ label: trans.__('Close') })]
  });
  if (button.label === restart.label) {
    await model.restart();
  }
}

class EngineDetails extends VDomRenderer<EngineModel> {
  constructor(
    model: EngineModel,
    private readonly _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-sc2-details');
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
      [trans.__('Used for'), engine?.roles.join(', ')],
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
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
