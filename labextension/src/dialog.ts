import { Dialog } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';

/**
 * A dialog whose body has links and boxes of its own: there Enter is theirs,
 * not the default button's. Accepting waits for what is required.
 */
export class BodyDialog<T> extends Dialog<T> {
  constructor(options: Partial<Dialog.IOptions<T>> & { title: string }) {
    super(options);
    this.addClass('jp-sc2-dialog');
    this.node.setAttribute('aria-label', options.title);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.ready.then(() => this._checkValidation());
  }

  protected override _evtKeydown(event: KeyboardEvent): void {
    const body = this.node.querySelector('.jp-Dialog-body');
    if (event.key === 'Enter' && body?.contains(event.target as Node)) {
      return;
    }
    super._evtKeydown(event);
  }
}
