import { build, Platform } from 'electron-builder';

/** Packs out/app around an unpacked Electron distribution, by electron-builder.yml; fetches nothing. */
export async function packApp(options: { readonly root: string; readonly electron: string; readonly output: string }): Promise<void> {
  await build({
    projectDir: options.root,
    targets: Platform.current().createTarget('dir'),
    publish: 'never',
    config: { electronDist: options.electron, directories: { output: options.output } },
  });
}
