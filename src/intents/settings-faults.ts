import { isBoundedJson, MAX_NESTING } from './bounded-json.js';
import type { ShareFunction, ShareRequest } from './share-request.js';
import { exactTemplateId } from './template-id.js';

type Settings = ShareRequest['settings'];
/** Says what is wrong, or undefined. */
type Check = (settings: Settings) => string | undefined;

/** The types of Kakao's default templates. A scrape message has a function of its own. */
const OBJECT_TYPES = ['feed', 'list', 'location', 'commerce', 'text'];

const hasContainer: Check = ({ container }) =>
  isText(container) ? undefined : 'container: must be the CSS selector of the share button';
const hasObjectType: Check = ({ objectType }) =>
  OBJECT_TYPES.includes(objectType as string)
    ? undefined
    : `objectType: must be one of ${OBJECT_TYPES.join(', ')}`;
const hasTemplateId: Check = ({ templateId }) =>
  exactTemplateId(templateId) === undefined
    ? "templateId: must be the template's id, an integer within 2^53 - 1, which a page can hold exactly"
    : undefined;
const mayHaveTemplateId: Check = (settings) =>
  settings.templateId === undefined ? undefined : hasTemplateId(settings);
const hasRequestUrl: Check = ({ requestUrl }) =>
  isText(requestUrl) && /^https?:\/\//i.test(requestUrl) && URL.canParse(requestUrl)
    ? undefined
    : 'requestUrl: must be an http or https URL';

const CHECKS: Readonly<Record<ShareFunction, readonly Check[]>> = {
  sendDefault: [hasObjectType],
  sendCustom: [hasTemplateId],
  sendScrap: [hasRequestUrl, mayHaveTemplateId],
  createDefaultButton: [hasContainer, hasObjectType],
  createCustomButton: [hasContainer, hasTemplateId],
  createScrapButton: [hasContainer, hasRequestUrl, mayHaveTemplateId],
};

/** What is ours to set, and where it is to be given. */
const OURS = {
  serverCallbackArgs: 'is set by us: give custom parameters as share.callbackArgs',
  pickerSettings: 'give them as share.pickerSettings',
};

/** What is wrong with the settings for one of the SDK's functions. Kakao judges the rest: its templates grow. */
export function settingsFaults(name: ShareFunction, settings: Settings): string[] {
  if (!isBoundedJson(settings))
    return [`share.settings: must be JSON, nested at most ${MAX_NESTING} deep`];
  const faults = [
    ...Object.entries(OURS).flatMap(([field, remedy]) =>
      settings[field] === undefined ? [] : [`${field}: ${remedy}`],
    ),
    ...CHECKS[name].flatMap((check) => check(settings) ?? []),
  ];
  return faults.map((fault) => `share.settings.${fault}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
