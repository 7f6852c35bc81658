import { callbackArgsFaults, callbackArgsWith } from './callback-args.js';
import { TOKEN_CHARS } from './intent-token.js';
import { messageSizeFault } from './message-size.js';
import { pickerFaults } from './picker-faults.js';
import { settingsFaults } from './settings-faults.js';
import { SHARE_FUNCTIONS, type ShareParameters, type ShareRequest } from './share-request.js';
import { exactTemplateId } from './template-id.js';

const FIELDS = ['function', 'settings', 'callbackArgs', 'pickerSettings'];

/** Everything that is wrong with a share to be, whatever token it will carry. */
export function shareFaults(share: ShareRequest, mayPick: boolean): string[] {
  if (!isObject(share)) return ['share: must be an object'];
  if (!Object.keys(share).every((field) => FIELDS.includes(field)))
    return [`share: may have ${FIELDS.join(', ')}`];
  if (!SHARE_FUNCTIONS.includes(share.function))
    return [`share.function: must be one of ${SHARE_FUNCTIONS.join(', ')}`];
  const { settings, callbackArgs = {}, pickerSettings } = share;
  if (!isObject(settings)) return ['share.settings: must be an object'];
  if (!isObject(callbackArgs)) return ['share.callbackArgs: must be an object'];
  if (pickerSettings !== undefined && !isObject(pickerSettings))
    return ['share.pickerSettings: must be an object'];
  const faults = [
    ...settingsFaults(share.function, settings),
    ...callbackArgsFaults(callbackArgs),
    ...(pickerSettings === undefined ? [] : pickerFaults(pickerSettings, mayPick)),
  ];
  if (faults.length > 0) return faults;
  const sizeFault = messageSizeFault(buildShareParameters(share, '0'.repeat(TOKEN_CHARS)).settings);
  return sizeFault === undefined ? [] : [sizeFault];
}

/** The settings for the SDK's function, with everything in them that makes Kakao tell us of the share. */
export function buildShareParameters(share: ShareRequest, token: string): ShareParameters {
  const { settings, callbackArgs, pickerSettings } = share;
  const templateId = exactTemplateId(settings.templateId);
  return {
    function: share.function,
    settings: {
      ...settings,
      ...(templateId === undefined ? {} : { templateId }),
      ...(pickerSettings === undefined ? {} : { pickerSettings }),
      serverCallbackArgs: callbackArgsWith(token, callbackArgs),
    },
  };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
