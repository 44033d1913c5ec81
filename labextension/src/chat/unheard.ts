import { UUID } from '@lumino/coreutils';
import { Sc2Error } from '../api';
import type { IMessage, IPiece } from '../messages';

/** What was said here and could not be confirmed by the server. */
export function unheard(
  text: string,
  context: IPiece[],
  reply: string
): IMessage[] {
  const of = (
    role: IMessage['role'],
    text: string,
    context: IPiece[]
  ): IMessage => ({
    id: UUID.uuid4(),
    role,
    text,
    context,
    time: '',
    finish: null,
    error: '',
    provenance: null
  });
  const question = of('user', text, context);
  return reply ? [question, of('assistant', reply, [])] : [question];
}

/** An error as the user reads it. */
export function sentence(error: unknown): string {
  if (error instanceof Sc2Error) {
    return [error.message, error.hint].filter(Boolean).join(' ');
  }
  return error instanceof Error ? error.message : String(error);
}
