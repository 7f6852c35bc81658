import { refused, understood, type HostileCase } from '../hostile-case.js';
import { DOOR, shareForm, shareJson, type Sender } from '../raw-request.js';

const to = (target: string) => (sender: Sender) => ({ target, body: shareJson(sender) });
const by = (method: string) => (sender: Sender) => ({ method, body: shareJson(sender) });
const asking = (target: string) => (sender: Sender) => ({
  method: 'GET',
  target: `${target}?${shareForm(sender)}`,
});
const speaking = (version: string) => (sender: Sender) => ({ version, body: shareJson(sender) });

const NOT_THE_DOOR = [
  '/',
  '/webhooks',
  '/webhooks/kakao',
  '/webhooks/kakao/shares',
  `${DOOR}/x`,
  `${DOOR}//`,
  `/${DOOR}`,
  `//test${DOOR}`,
  `${DOOR};x=1`,
  `${DOOR}%00`,
  `${DOOR}%20`,
  `${DOOR}%2f`,
  `${DOOR}%3fx`,
  `${DOOR}.json`,
  `${DOOR}/.`,
  `${DOOR}/..`,
  `/x/..${DOOR}`,
  `/.${DOOR}`,
  '/webhooks/kakao/%73hare',
  '/webhooks%2fkakao%2fshare',
  '/webhooks\\kakao\\share',
  '/webhooks//kakao/share',
  '/webhooks/kakao/share\\',
  '/%E0%A4%A',
  '/../../etc/passwd',
  '/webhooks/kakao/share%E0%A4%A',
];

/** One path, two methods, whatever way they are written. */
export const METHODS_AND_TARGETS: readonly HostileCase[] = [
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND', 'PURGE', 'SEARCH'].map(
    (method) => refused(`the method ${method}`, 405, by(method)),
  ),
  ...['post', 'GETT', 'KAKAO', 'PO ST', '', 'GET\0', 'P\xd6ST'].map((method) =>
    refused(`a method that HTTP does not know: ${JSON.stringify(method)}`, 400, by(method)),
  ),
  ...NOT_THE_DOOR.map((target) => refused(`the path ${target}`, 404, to(target))),
  refused('a target that is a star', 404, to('*')),
  refused('a target without its slash', 400, to('webhooks/kakao/share')),
  refused('no target', 400, to('')),
  refused('a space in the target', 400, to(`${DOOR} x`)),
  refused('a tab in the target', 400, to(`${DOOR}\tx`)),
  refused('a NUL in the target', 400, to(`${DOOR}?x=\0`)),
  refused('a target that begins with a backslash', 400, to('\\webhooks\\kakao\\share')),
  refused('HTTP/0.9', 401, () => Buffer.from(`GET ${DOOR}\r\n\r\n`)),
  refused('HTTP/9.9', 400, speaking('HTTP/9.9')),
  refused('a version that is none', 400, speaking('HTTP/one')),
  refused('another protocol', 400, speaking('KAKAO/1.1')),
  refused('the preface of HTTP/2', 400, () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
  refused('a TLS hello', 400, () => Buffer.from('16030100a5010000a10303', 'hex')),
  refused('bytes that are nothing', 400, () => Buffer.from('00ff00ff0d0a0d0a', 'hex')),
  understood('HTTP/1.0', speaking('HTTP/1.0')),
  understood('HTTP/2.0 in words alone', speaking('HTTP/2.0')),
  understood('a slash at the end', to(`${DOOR}/`)),
  understood('a slash at the end of a GET', asking(`${DOOR}/`)),
  understood('the path in capitals', to(DOOR.toUpperCase())),
  understood('a whole URL', to(`http://test${DOOR}`)),
  understood('a whole URL of another host', to(`https://kakao.example:8443${DOOR}/`)),
  understood('a whole URL with a user', to(`http://user:password@test${DOOR}`)),
  understood('a whole URL of a GET', asking(`HTTP://TEST${DOOR}`)),
  understood('a fragment', to(`${DOOR}#fragment`)),
  understood('a query beside a POST', to(`${DOOR}?user_id=somebody-else&CHAT_TYPE=x`)),
  understood('an empty query beside a POST', to(`${DOOR}?`)),
];
