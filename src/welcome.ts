import { DEFAULT_APP } from './config/kakao-apps.js';
import type { DevelopmentSecrets } from './config/development-secrets.js';
import type { Service } from './service.js';
import type { ServiceSettings } from './service.module.js';

/**
 * What a developer sees first: where it is, with which key, and lines that work when pasted.
 * Secrets that were made up for the developer are shown, those that were set are not.
 */
export function welcome(
  { url, operationsUrl }: Pick<Service, 'url' | 'operationsUrl'>,
  settings: ServiceSettings,
  generated: Partial<DevelopmentSecrets>,
): string {
  const roles = settings.roles.join(', ');
  if (!settings.roles.includes('web')) return `\nRunning ${roles}; health at ${url}/health/ready`;
  const key = generated.kakaoAdminKey ?? keyThatWasSet(settings);
  const token = generated.adminToken ?? '$ADMIN_TOKEN';
  const resourceId = 'share-$(date +%s)';
  return `
Kakao share webhook   ${url}/webhooks/kakao/share
Kakao admin key       ${generated.kakaoAdminKey ?? 'as set'}
Management token      ${generated.adminToken ?? 'as set'}
Running               ${roles}, queue on ${settings.redisUrl === undefined ? 'Postgres' : 'Redis'}

Share as Kakao would tell it:

  curl -s -X POST ${url}/webhooks/kakao/share -H "Authorization: KakaoAK ${key}" -H "X-Kakao-Resource-ID: ${resourceId}" -H "Content-Type: application/json" -d '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room-'$(date +%s)'","TEMPLATE_ID":10000,"${settings.userParameter}":"first-user"}'

See the points:

  curl -s ${operationsUrl}/v1/users/first-user -H "Authorization: Bearer ${token}"
`;
}

/** Works where the setting is exported; several keys are separated by commas. */
function keyThatWasSet({ kakaoApps }: ServiceSettings): string {
  return DEFAULT_APP in kakaoApps ? '${KAKAO_ADMIN_KEYS%%,*}' : 'YOUR_ADMIN_KEY';
}
