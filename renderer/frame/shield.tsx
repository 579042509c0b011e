import { Component, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Message } from '../ui/message.tsx';
import { frameWords as words } from '../words/frame.ts';
import { uiWords } from '../words/ui.ts';

type ShieldState = { readonly broken: boolean };

/** Around everything: a defect that no screen caught leaves a sentence and a way on, never an empty window. */
export class Shield extends Component<{ readonly children: ReactNode }, ShieldState> {
  override state: ShieldState = { broken: false };

  static getDerivedStateFromError(): ShieldState {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="gate">
        <Message tone="danger" title={words.crashed} actions={<Button onPress={() => this.setState({ broken: false })}>{uiWords.tryAgain}</Button>}>
          <p>{words.crashedTodo}</p>
        </Message>
      </main>
    );
  }
}
