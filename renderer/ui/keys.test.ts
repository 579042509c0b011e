import { describe, expect, it } from 'vitest';
import { type Command, type CommandScope, KeyRegister, capsOf, chordOf, normalise } from './keys.ts';

const press = (key: string, modifiers: Partial<Record<'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey', boolean>> = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...modifiers });
const command = (id: string, keys: string, scope: CommandScope = 'screen'): Command => ({ id, title: id, keys, scope, group: 'test', run: () => undefined });
const anywhere = { inField: false };
const typing = { inField: true };

describe('chords', () => {
  it('reads a press and a written chord alike', () => {
    expect(chordOf(press('Enter', { ctrlKey: true }))).toBe(normalise('Ctrl+Enter'));
    expect(chordOf(press('ArrowUp', { altKey: true, shiftKey: true }))).toBe(normalise('Shift+Alt+Up'));
    expect(chordOf(press('Escape'))).toBe(normalise('Esc'));
    expect(chordOf(press('V', { shiftKey: true }))).toBe('shift+v');
  });

  it('takes a sign as its layout makes it, with Shift or without', () => {
    expect(chordOf(press('?', { shiftKey: true }))).toBe(normalise('?'));
    expect(chordOf(press('/'))).toBe(normalise('/'));
    expect(chordOf(press('/', { shiftKey: true }))).toBe('/');
  });

  it('takes the Command key of a Mac as Ctrl', () => {
    expect(chordOf(press('k', { metaKey: true }))).toBe(normalise('Ctrl+K'));
  });

  it('lists the caps in order', () => {
    expect(capsOf('Ctrl+Enter')).toEqual(['Ctrl', 'Enter']);
  });
});

describe('the register', () => {
  it('acts on single letters only where nothing is being typed', () => {
    const register = new KeyRegister();
    register.add([command('vitals', 'V'), command('search', '/')]);
    expect(register.find(press('v'), anywhere)?.id).toBe('vitals');
    expect(register.find(press('v'), typing)).toBeNull();
    expect(register.find(press('/'), typing)).toBeNull();
  });

  it('acts on chords, function keys and Esc while typing too', () => {
    const register = new KeyRegister();
    register.add([command('sign', 'Ctrl+Enter'), command('sync', 'F8'), command('back', 'Esc'), command('section', 'Alt+1')]);
    expect(register.find(press('Enter', { ctrlKey: true }), typing)?.id).toBe('sign');
    expect(register.find(press('F8'), typing)?.id).toBe('sync');
    expect(register.find(press('Escape'), typing)?.id).toBe('back');
    expect(register.find(press('1', { altKey: true }), typing)?.id).toBe('section');
  });

  it('leaves a letter with Shift to the field as well', () => {
    const register = new KeyRegister();
    register.add([command('shifted', 'Shift+V')]);
    expect(register.find(press('V', { shiftKey: true }), typing)).toBeNull();
    expect(register.find(press('V', { shiftKey: true }), anywhere)?.id).toBe('shifted');
  });

  it('lets the topmost of one key and of one id win, and gives it back', () => {
    const register = new KeyRegister();
    register.add([command('register', 'N', 'frame')]);
    const leave = register.add([{ ...command('register', 'N'), title: 'start encounter' }]);
    expect(register.find(press('n'), anywhere)?.title).toBe('start encounter');
    expect(register.list()).toHaveLength(1);
    leave();
    expect(register.find(press('n'), anywhere)?.title).toBe('register');
  });

  it('silences what is below a dialog, except what works always', () => {
    const register = new KeyRegister();
    register.add([command('lock', 'Ctrl+L', 'always'), command('search', '/', 'frame'), command('vitals', 'V')]);
    const close = register.add([command('save', 'Ctrl+Enter')], true);
    expect(register.list().map(({ id }) => id)).toEqual(['save', 'lock']);
    expect(register.find(press('v'), anywhere)).toBeNull();
    close();
    expect(register.find(press('v'), anywhere)?.id).toBe('vitals');
  });

  it('silences the dialog below a second one', () => {
    const register = new KeyRegister();
    register.add([command('save', 'Ctrl+Enter')], true);
    register.add([], true);
    expect(register.find(press('Enter', { ctrlKey: true }), anywhere)).toBeNull();
  });

  it('tells its listeners of every change', () => {
    const register = new KeyRegister();
    let told = 0;
    const stop = register.subscribe(() => {
      told += 1;
    });
    register.add([command('a', 'A')])();
    stop();
    register.add([command('b', 'B')]);
    expect(told).toBe(2);
  });
});
