import { type FuseV1Config, FuseV1Options, FuseVersion } from '@electron/fuses';

/**
 * The switches built into the shipped Electron binary (Electron's fuses tutorial). Every fuse is named, so that a new
 * one in a new Electron fails the build until somebody has decided about it.
 */
export const FUSES = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  // ELECTRON_RUN_AS_NODE would make the signed program run anybody's script; the engine is a utility process instead.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  // NODE_OPTIONS and NODE_EXTRA_CA_CERTS.
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  // macOS and Windows; Linux has no such check, see the administrator's guide.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  // There is no snapshot of ours to load.
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
} as const satisfies FuseV1Config<boolean>;

const OPTIONS = Object.values(FuseV1Options).filter((option): option is FuseV1Options => typeof option === 'number');

/** Names of the fuses whose state in a binary is not the one we ship. `wire` maps each fuse to whether it is on. */
export function wrongFuses(wire: (option: FuseV1Options) => boolean | null): readonly string[] {
  return OPTIONS.filter((option) => wire(option) !== FUSES[option]).map((option) => FuseV1Options[option]);
}
