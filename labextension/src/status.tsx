import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import React from 'react';
import type { EngineModel } from './engine';
import { sc2Icon } from './icon';
import { engineLabel, stateHelp } from './words';

/** Status-bar item: which weights answer, and their state. */
export class StatusItem extends VDomRenderer<EngineModel> {
  constructor(
    model: EngineModel,
    private readonly _trans: TranslationBundle,
    private readonly _onOpen: () => void
  ) {
    super(model);
    this.addClass('jp-sc2-status');
  }

  protected override render(): React.ReactElement {
    const trans = this._trans;
    const label = engineLabel(this.model, trans);
    return (
      <button
        className="jp-sc2-status-button"
        data-state={this.model.state}
        aria-label={trans.__('%1. Show details.', label)}
        title={`${label}\n${stateHelp(this.model, trans)}`}
        onClick={this._onOpen}
      >
        <sc2Icon.react
          tag="span"
          className="jp-sc2-status-icon"
          height="14px"
        />
        <span className="jp-sc2-status-text">{label}</span>
      </button>
    );
  }
}
