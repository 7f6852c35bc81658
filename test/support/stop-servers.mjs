/** Stops what was started and leaves nothing behind on a server that was only pointed at. */
export default async function stopServers() {
  await globalThis.kakaoShareTestServers?.stop();
}
