import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import React from 'react';
import { sc2Icon } from '../icon';
import { ModelsActions } from './actions';
import type { CatalogueModel } from './catalogue';
import { Elsewhere } from './elsewhere';
import { Entry } from './entry';
import { Machine } from './machine';
import type { ICatalogue } from './messages';
import { Action, type IServices } from './parts';
import { progressText } from './progress';
import { RoleCard } from './role';
import { engineText, precisionText, shortName, titleOf } from './words';

/** Which weights there are, what uses them, and how more of them come here. */
export class ModelsPanel extends VDomRenderer<CatalogueModel> {
  constructor(model: CatalogueModel, trans: TranslationBundle) {
    super(model);
    this._services = { acts: new ModelsActions(model, trans), model, trans };
    this.addClass('jp-sc2-models');
    this.title.icon = sc2Icon;
    this.title.label = trans.__('StarCoder2 models');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('StarCoder2 models'));
    this.node.tabIndex = -1;
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    document.addEventListener('visibilitychange', this._look);
  }

  protected override onBeforeDetach(message: Message): void {
    document.removeEventListener('visibilitychange', this._look);
    super.onBeforeDetach(message);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._look();
  }

  protected override onUpdateRequest(message: Message): void {
    this._announce();
    super.onUpdateRequest(message);
  }

  protected override render(): React.ReactElement {
    const { model, trans } = this._services;
    const { away, catalogue, failure } = model;
    return (
      <div className="jp-sc2-models-page" data-away={away || undefined}>
        <h1>{trans.__('StarCoder2 models')}</h1>
        <div role="status">
          {away && (
            <p className="jp-sc2-models-warning">
              {catalogue
                ? trans.__(
                    'The server does not answer. This is what it said last; the page goes on by itself when it is back.'
                  )
                : trans.__(
                    'The server does not answer. The page goes on by itself when it is back.'
                  )}
            </p>
          )}
          {!catalogue && !away && !failure && <p>{trans.__('Looking…')}</p>}
        </div>
        <div role="alert">
          {failure && !away && (
            <div className="jp-sc2-models-problem">
              <p>{failure.message}</p>
              <Action
                label={trans.__('Try again')}
                onClick={() => void model.refresh()}
              />
            </div>
          )}
        </div>
        {catalogue && <Body catalogue={catalogue} services={this._services} />}
        <div className="jp-sc2-hidden" role="status">
          {model.announcer.text}
        </div>
      </div>
    );
  }

  /** Tell of downloads and loads those who do not see the bars. */
  private _announce(): void {
    const { model, trans } = this._services;
    const { announcer, catalogue, engine } = model;
    const entries = catalogue?.entries ?? [];
    for (const download of catalogue?.downloads ?? []) {
      const { weights, state } = download;
      const text = trans.__(
        '%1: %2',
        titleOf(weights, entries),
        progressText(download, trans)
      );
      announcer.tell(`download ${weights}`, state, text);
    }
    for (const each of engine.status?.engines ?? []) {
      const quiet = { ...each, running: 0, waiting: 0 };
      const text = trans.__(
        '%1: %2',
        shortName(each.weights),
        engineText(quiet, trans)
      );
      const thing = `engine ${each.name || each.weights}`;
      announcer.know(thing, each.state, text);
      announcer.tell(thing, each.state, text);
    }
  }

  /** What is free, or deleted elsewhere, changes without an event. */
  private readonly _look = (): void => {
    if (this.isVisible && document.visibilityState === 'visible') {
      void this.model.refresh();
    }
  };

  private readonly _services: IServices;
}

function Body({
  catalogue,
  services
}: {
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { trans } = services;
  const used = React.useId();
  const list = React.useId();
  return (
    <>
      <section aria-labelledby={used}>
        <h2 id={used}>{trans.__('In use')}</h2>
        <ul className="jp-sc2-models-roles">
          {catalogue.roles.map(choice => (
            <RoleCard
              key={choice.role}
              choice={choice}
              catalogue={catalogue}
              services={services}
            />
          ))}
        </ul>
      </section>
      <section aria-labelledby={list}>
        <h2 id={list}>{trans.__('Weights to choose from')}</h2>
        <Recommended catalogue={catalogue} services={services} />
        {catalogue.allowed.length > 0 && (
          <p>
            {trans.__('An administrator permits these weights and no others.')}
          </p>
        )}
        <ul className="jp-sc2-models-entries">
          {catalogue.entries.map(entry => (
            <Entry
              key={entry.weights}
              entry={entry}
              catalogue={catalogue}
              services={services}
            />
          ))}
        </ul>
      </section>
      <Elsewhere catalogue={catalogue} services={services} />
      <Machine catalogue={catalogue} services={services} />
    </>
  );
}

function Recommended({
  catalogue: { entries, recommendation },
  services: { trans }
}: {
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { weights, precision, reason } = recommendation;
  const show = (button: HTMLElement) => {
    const entry = button
      .closest('.jp-sc2-models')
      ?.querySelector(`[data-weights="${CSS.escape(weights)}"]`);
    entry?.scrollIntoView({ block: 'start' });
    entry?.querySelector('h3')?.focus();
  };
  return (
    <div className="jp-sc2-models-recommendation">
      <p>
        <strong>
          {trans.__(
            'For this machine: %1, %2.',
            titleOf(weights, entries),
            precisionText(precision, trans)
          )}
        </strong>{' '}
        {reason}
      </p>
      <button
        type="button"
        className="jp-sc2-models-textbutton"
        onClick={({ currentTarget }) => show(currentTarget)}
      >
        {trans.__('Show it')}
      </button>
    </div>
  );
}
