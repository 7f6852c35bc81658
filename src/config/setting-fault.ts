/** What is wrong with one setting, told without its value. */
export class SettingFault extends Error {
  readonly code = 'KAKAO_SHARE_SETTING';
  override readonly name = 'SettingFault';
}
