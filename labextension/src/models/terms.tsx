import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { BodyDialog } from '../dialog';
import type { ILicence } from './messages';
import { External } from './parts';

export type Answer = 'accepted' | 'refused' | 'none';

/** Whether this version of a licence was accepted, by the user or for all. */
export function isAccepted({ acceptance, version }: ILicence): boolean {
  return acceptance?.version === version;
}

/** Show the terms, and ask whether the user accepts them if `asks`. */
export async function showTerms(
  licence: ILicence,
  asks: boolean,
  trans: TranslationBundle
): Promise<Answer> {
  const accept = Dialog.okButton({ label: trans.__('Accept') });
  const refuse = Dialog.cancelButton({ label: trans.__('Refuse') });
  const dialog = new BodyDialog({
    title: licence.title,
    body: new Terms(licence, asks, trans),
    buttons: asks
      ? [refuse, accept]
      : [Dialog.okButton({ label: trans.__('Close') })],
    focusNodeSelector: '.jp-sc2-terms-text'
  });
  dialog.addClass('jp-sc2-terms-dialog');
  const { button } = await dialog.launch();
  if (!asks) {
    return 'none';
  }
  return button.label === accept.label
    ? 'accepted'
    : button.label === refuse.label
      ? 'refused'
      : 'none';
}

class Terms extends ReactWidget {
  constructor(
    private readonly _licence: ILicence,
    private readonly _asks: boolean,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-sc2-terms');
  }

  protected override render(): React.ReactElement {
    const { acceptance, duties, restrictions, text, title, url, version } =
      this._licence;
    const trans = this._trans;
    return (
      <>
        <div
          className="jp-sc2-terms-text"
          role="document"
          tabIndex={0}
          aria-label={trans.__('Terms')}
        >
          <p>
            {trans.__(
              'What follows is a summary in our own words. The text that counts is here:'
            )}{' '}
            <External href={url}>
              {trans.__('%1, version %2, full text', title, version)}
            </External>
          </p>
          {acceptance && <p>{acceptedText(this._licence, trans)}</p>}
          <h3>{trans.__('What you have to do')}</h3>
          <ul>
            {duties.map(duty => (
              <li key={duty}>{duty}</li>
            ))}
          </ul>
          <h3>
            {trans.__('The model, and what it writes, must not be used to')}
          </h3>
          <ul className="jp-sc2-terms-restrictions">
            {restrictions.map(restriction => (
              <li key={restriction.letter}>
                <span>{trans.__('(%1)', restriction.letter)}</span>
                <span>{restriction.text}</span>
              </li>
            ))}
          </ul>
          {text && (
            <details>
              <summary>
                {trans.__('The licence file that came with the weights')}
              </summary>
              <pre tabIndex={0}>{text}</pre>
            </details>
          )}
        </div>
        {this._asks && (
          <label className="jp-sc2-terms-read">
            <input type="checkbox" required />
            {trans.__('I have read these terms and will keep to them.')}
          </label>
        )}
      </>
    );
  }
}

/** Who accepted what, and when. */
export function acceptedText(
  { acceptance, version }: ILicence,
  trans: TranslationBundle
): string {
  if (!acceptance) {
    return '';
  }
  const when = new Date(acceptance.time).toLocaleString();
  if (acceptance.version !== version) {
    return trans.__(
      'Version %1 was accepted before. This is version %2, which you are asked about anew.',
      acceptance.version,
      version
    );
  }
  return acceptance.for_server
    ? trans.__(
        'Accepted for everyone on this server by %1 (%2).',
        acceptance.who,
        when
      )
    : trans.__('Accepted by %1 (%2).', acceptance.who, when);
}
