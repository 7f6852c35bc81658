import fc from 'fast-check';
import { buildShareParameters, shareFaults } from '../../src/intents/share-parameters.js';
import { SHARE_FUNCTIONS, type ShareRequest } from '../../src/intents/share-request.js';
import { RESERVED_WORDS } from '../../src/kakao/reserved-words.js';

const TOKEN = `1.keykey.${'c'.repeat(28)}.${'s'.repeat(22)}`;
const TEXT = {
  objectType: 'text',
  text: '친구에게 공유하면 100 포인트',
  link: { mobileWebUrl: 'https://shop.example', webUrl: 'https://shop.example' },
};
/** What each function needs, and nothing else. */
const NEEDED: Record<ShareRequest['function'], Record<string, unknown>> = {
  sendDefault: TEXT,
  sendCustom: { templateId: 10_000 },
  sendScrap: { requestUrl: 'https://shop.example/1' },
  createDefaultButton: { container: '#share', ...TEXT },
  createCustomButton: { container: '#share', templateId: 10_000 },
  createScrapButton: { container: '#share', requestUrl: 'https://shop.example/1' },
};
const share = (
  name: ShareRequest['function'],
  settings: Record<string, unknown> = {},
  more: Partial<ShareRequest> = {},
): ShareRequest => ({ function: name, settings: { ...NEEDED[name], ...settings }, ...more });
/** The faults of a share of an app without Kakao's permission. */
const faultsOf = (request: unknown): string[] => shareFaults(request as ShareRequest, false);

describe('parameters for the JavaScript SDK', () => {
  test.each(SHARE_FUNCTIONS)(
    '%s gets its own settings back, with our token as an argument',
    (name) => {
      expect(faultsOf(share(name))).toEqual([]);
      const { function: called, settings } = buildShareParameters(share(name), TOKEN);
      expect(called).toBe(name);
      expect(settings).toEqual({ ...NEEDED[name], serverCallbackArgs: { share_intent: TOKEN } });
    },
  );

  test('arguments of the company travel beside ours, and template arguments stay as they are', () => {
    const request = share(
      'sendCustom',
      { templateArgs: { title: '제목', constructor: 'x' } },
      { callbackArgs: { product_id: '9007199254740993' } },
    );
    expect(faultsOf(request)).toEqual([]);
    expect(buildShareParameters(request, TOKEN).settings).toEqual({
      templateId: 10_000,
      templateArgs: { title: '제목', constructor: 'x' },
      serverCallbackArgs: { share_intent: TOKEN, product_id: '9007199254740993' },
    });
  });

  test.each([1, 9_007_199_254_740_991, '10000', '9007199254740991'])(
    'a template id %j arrives as exactly that number',
    (templateId) => {
      const request = share('sendCustom', { templateId });
      expect(faultsOf(request)).toEqual([]);
      expect(buildShareParameters(request, TOKEN).settings.templateId).toBe(Number(templateId));
    },
  );

  test.each([
    ...[
      undefined,
      null,
      0,
      -1,
      1.5,
      9_007_199_254_740_992,
      '',
      '0',
      '01',
      '1e3',
      '9007199254740992',
      {},
      [1],
    ].map((templateId) => ['sendCustom', { templateId }, 'share.settings.templateId'] as const),
    ['createCustomButton', { templateId: 'x' }, 'share.settings.templateId'],
    ['sendScrap', { templateId: 'x' }, 'share.settings.templateId'],
    ...[
      undefined,
      null,
      1,
      '',
      'shop.example',
      'ftp://shop.example',
      'javascript:alert(1)',
      'https://',
    ].map((requestUrl) => ['sendScrap', { requestUrl }, 'share.settings.requestUrl'] as const),
    ['createScrapButton', { requestUrl: '/1' }, 'share.settings.requestUrl'],
    ...[undefined, null, '', 'scrap', 'Feed', ['feed']].map(
      (objectType) => ['sendDefault', { objectType }, 'share.settings.objectType'] as const,
    ),
    ['createDefaultButton', { objectType: 'video' }, 'share.settings.objectType'],
    ...(['createDefaultButton', 'createCustomButton', 'createScrapButton'] as const).flatMap(
      (name) =>
        [undefined, null, '', {}].map(
          (container) => [name, { container }, 'share.settings.container'] as const,
        ),
    ),
    ['sendDefault', { serverCallbackArgs: { a: 'b' } }, 'share.settings.serverCallbackArgs'],
    ['sendDefault', { serverCallbackArgs: '{}' }, 'share.settings.serverCallbackArgs'],
    ['sendDefault', { pickerSettings: { limit: 1 } }, 'share.settings.pickerSettings'],
    ['sendDefault', { content: Infinity }, 'share.settings: must be JSON'],
    ['sendDefault', { content: 1n }, 'share.settings: must be JSON'],
    ['sendDefault', { content: () => 1 }, 'share.settings: must be JSON'],
  ] as const)('%s with %p is refused, naming the field', (name, settings, field) => {
    const faults = faultsOf(share(name, settings));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}`));
  });

  test.each([...RESERVED_WORDS, 'share_intent', '__proto__', '', 'x'.repeat(101), 'a\0', '\ud800'])(
    'an argument named %j is refused',
    (name) => {
      const callbackArgs = JSON.parse(`{${JSON.stringify(name)}:"x"}`) as Record<string, string>;
      const faults = faultsOf(share('sendDefault', {}, { callbackArgs }));
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^share\.callbackArgs: /);
    },
  );

  test.each([1, null, true, {}, ['x'], 'a\0', '\udc00'])(
    'an argument of %j is refused',
    (value) => {
      const callbackArgs = { product: value } as unknown as Record<string, string>;
      expect(faultsOf(share('sendDefault', {}, { callbackArgs }))).toEqual([
        'share.callbackArgs: every value must be text, without NUL or lone surrogates',
      ]);
    },
  );

  test.each([
    ['no function', { settings: TEXT }, 'share.function'],
    ['an unknown function', { function: 'send', settings: TEXT }, 'share.function'],
    ['a function of every object', { function: 'constructor', settings: TEXT }, 'share.function'],
    ['no settings', { function: 'sendDefault' }, 'share.settings'],
    ['a list of settings', { function: 'sendDefault', settings: [] }, 'share.settings'],
    ['settings as text', { function: 'sendDefault', settings: '{}' }, 'share.settings'],
    ['a list of arguments', { ...share('sendDefault'), callbackArgs: ['a'] }, 'share.callbackArgs'],
    [
      'no arguments but null',
      { ...share('sendDefault'), callbackArgs: null },
      'share.callbackArgs',
    ],
    ['a picker as text', { ...share('sendDefault'), pickerSettings: 'x' }, 'share.pickerSettings'],
    ['an unknown field', { ...share('sendDefault'), template: {} }, 'share: may have'],
    ['null', null, 'share: must be an object'],
  ])('%s is refused', (_, request, field) => {
    const [fault, ...more] = faultsOf(request);
    expect(fault?.startsWith(field)).toBe(true);
    expect(more).toEqual([]);
  });

  test('every fault is told at once', () => {
    const request = share(
      'createScrapButton',
      { container: 1, requestUrl: 'x', serverCallbackArgs: {} },
      { callbackArgs: { CHAT_TYPE: 'x' }, pickerSettings: {} },
    );
    expect(faultsOf(request).map((fault) => fault.split(':')[0])).toEqual([
      'share.settings.serverCallbackArgs',
      'share.settings.container',
      'share.settings.requestUrl',
      'share.callbackArgs',
      'share.pickerSettings',
    ]);
  });

  test('nesting is bounded, also where it never ends', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 'x' : { in: nested(depth - 1) });
    expect(faultsOf(share('sendDefault', { content: nested(11) }))).toEqual([]);
    for (const content of [nested(12), nested(5_000)])
      expect(faultsOf(share('sendDefault', { content }))).toEqual([
        'share.settings: must be JSON, nested at most 12 deep',
      ]);
    const endless: Record<string, unknown> = {};
    endless.in = endless;
    expect(faultsOf(share('sendDefault', { content: endless }))).toHaveLength(1);
  });
});

describe("the picker's settings", () => {
  const picker = { type: 'default', limit: 5, showSendToMe: false };

  test('are passed on where the app has the permission', () => {
    const request = share('sendDefault', {}, { pickerSettings: picker });
    expect(shareFaults(request, true)).toEqual([]);
    expect(buildShareParameters(request, TOKEN).settings.pickerSettings).toEqual(picker);
  });

  test('are refused where it has not, naming the setting that says so', () => {
    expect(shareFaults(share('sendDefault', {}, { pickerSettings: picker }), false)).toEqual([
      expect.stringMatching(/^share\.pickerSettings: .*KAKAO_PICKER_APPS/) as string,
    ]);
  });

  test.each<{ pickerSettings: Record<string, unknown> }>([
    { pickerSettings: { type: 1 } },
    { pickerSettings: { type: '' } },
    { pickerSettings: { limit: 0 } },
    { pickerSettings: { limit: '5' } },
    { pickerSettings: { showSendToMe: 'no' } },
    { pickerSettings: { other: 1 } },
    { pickerSettings: { toString: 1 } },
  ])('cannot be $pickerSettings', ({ pickerSettings }) => {
    const faults = shareFaults(share('sendDefault', {}, { pickerSettings }), true);
    expect(faults).toEqual([expect.stringMatching(/^share\.pickerSettings: may have/) as string]);
  });
});

describe('the size of a message', () => {
  /** As Kakao's SDK puts it together: arguments are JSON within JSON; what stays in the page is left out. */
  const bytesOf = (request: ShareRequest): number => {
    const { settings } = buildShareParameters(request, TOKEN);
    const serverCallbackArgs = JSON.stringify(settings.serverCallbackArgs);
    return Buffer.byteLength(
      JSON.stringify({ ...settings, container: undefined, serverCallbackArgs }),
    );
  };

  test('may be 10 KiB in UTF-8, not one byte more, and by how much it is over is told', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SHARE_FUNCTIONS),
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.stringMatching(/^["a-z가-힣]{0,30}$/)),
        fc.integer({ min: -40, max: 40 }),
        (name, text, callbackArgs, over) => {
          const request = (padding: string): ShareRequest =>
            share(name, { description: text, padding }, { callbackArgs });
          const room = 10_240 - bytesOf(request(''));
          const sized = request('x'.repeat(room + over));
          expect(bytesOf(sized)).toBe(10_240 + over);
          expect(faultsOf(sized)).toEqual(
            over <= 0
              ? []
              : [
                  `share: the message has ${10_240 + over} bytes, ${over} more than the 10240 that Kakao takes`,
                ],
          );
        },
      ),
    );
  });

  test('counts bytes, not characters, and not where the button is', () => {
    expect(faultsOf(share('sendDefault', { text: '가'.repeat(3_300) }))).toEqual([]);
    expect(faultsOf(share('sendDefault', { text: '가'.repeat(3_500) }))).toHaveLength(1);
    const container = `#${'x'.repeat(11_000)}`;
    expect(faultsOf(share('createDefaultButton', { container }))).toEqual([]);
  });
});
