import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { webAddress } from '../chat/link';
import type { ModelsActions } from './actions';
import type { CatalogueModel } from './catalogue';

/** What every part of the panel gets. */
export interface IServices {
  acts: ModelsActions;
  model: CatalogueModel;
  trans: TranslationBundle;
}

/** A page elsewhere; only the user's click opens it. */
export function External({
  href,
  children
}: {
  href: string;
  children: React.ReactNode;
}): React.ReactElement {
  return webAddress(href) ? (
    <a
      className="jp-sc2-models-link"
      href={href}
      target="_blank"
      rel="noopener noreferrer"
    >
      {children}
    </a>
  ) : (
    <>{children}</>
  );
}

/**
 * A button that keeps the focus while it cannot be used. `name` says more than
 * the visible `label`, with which it starts.
 */
export function Action({
  label,
  name,
  kind = 'reject',
  off = false,
  onClick
}: {
  label: string;
  name?: string;
  kind?: 'accept' | 'reject' | 'warn';
  off?: boolean;
  onClick: () => void;
}): React.ReactElement {
  return (
    <button
      type="button"
      className={`jp-Button jp-mod-styled jp-mod-${kind} jp-sc2-models-action`}
      aria-label={name}
      aria-disabled={off}
      onClick={() => {
        if (!off) {
          onClick();
        }
      }}
    >
      {label}
    </button>
  );
}

/** Buttons among which the focus stays when one of them becomes another. */
export class Buttons extends React.Component<{
  label: string;
  children: React.ReactNode;
}> {
  override getSnapshotBeforeUpdate(): boolean {
    return this._node.current?.contains(document.activeElement) ?? false;
  }

  override componentDidUpdate(_: unknown, __: unknown, held: boolean): void {
    const node = this._node.current;
    if (held && node && !node.contains(document.activeElement)) {
      (node.querySelector('button') ?? node).focus();
    }
  }

  override render(): React.ReactElement {
    return (
      <div
        ref={this._node}
        className="jp-sc2-models-buttons"
        role="group"
        tabIndex={-1}
        aria-label={this.props.label}
      >
        {this.props.children}
      </div>
    );
  }

  private readonly _node = React.createRef<HTMLDivElement>();
}

/** What went wrong at a place, beside what was wanted there. */
export function Problem({
  place,
  services: { model, trans }
}: {
  place: string;
  services: IServices;
}): React.ReactElement {
  const problem = model.problem(place);
  return (
    <div role="alert">
      {problem && (
        <div
          className="jp-sc2-models-problem"
          data-mild={problem.mild ? '' : undefined}
        >
          <p>{[problem.text, problem.hint].filter(Boolean).join(' ')}</p>
          {problem.retry && (
            <Action label={trans.__('Try again')} onClick={problem.retry} />
          )}
        </div>
      )}
    </div>
  );
}
