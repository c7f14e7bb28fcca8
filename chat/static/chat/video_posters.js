// The picture of a video, so that readers see what it is before they load it: the page of its sender draws a frame of
// it, and the worker writes that anew. The server decodes no video.
import { requestChange } from "../myweb/api.js";
import { createElement } from "../myweb/elements.js";
import { urls } from "../myweb/urls.js";

const SHOWN_AT = 1; // s: the first frames are often black
const LONGER_SIDE = 1_280; // px
const MOST_BYTES = 500_000; // as the server has it
const QUALITIES = [0.8, 0.5];
const TIMEOUT = 30_000; // ms, for each step

/** @type {Set<string>} */
const tried = new Set(); // ids of files

/**
 * @param {HTMLVideoElement} video
 * @param {string} name
 */
function waitForEvent(video, name) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT);
    video.addEventListener(name, resolve, { once: true, signal });
    for (const [target, problem] of /** @type {const} */ ([[video, "error"], [signal, "abort"]]))
      target.addEventListener(problem, () => reject(new Error(`The video has no ${name}.`)), { once: true });
  });
}

/**
 * @param {HTMLVideoElement} video
 * @returns {Promise<Blob | null>}
 */
async function drawFrame(video) {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return null;
  const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
  const size = { width: Math.ceil(width * scale), height: Math.ceil(height * scale) };
  const canvas = Object.assign(createElement("canvas"), size);
  canvas.getContext("2d")?.drawImage(video, 0, 0, size.width, size.height);
  for (const quality of QUALITIES) {
    /** @type {Blob | null} */
    const frame = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality); });
    if (frame && frame.size <= MOST_BYTES) return frame;
  }
  return null;
}

/**
 * Once for each page. A video that this browser cannot play stays without.
 * @param {FileState} file of this user
 */
export async function sendPoster(file) {
  if (tried.has(file.id)) return;
  tried.add(file.id);
  const video = createElement("video");
  try {
    const loaded = waitForEvent(video, "loadeddata");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: urls.file(file.id) });
    await loaded;
    const shown = waitForEvent(video, "seeked");
    video.currentTime = Math.min(SHOWN_AT, video.duration / 2 || 0);
    await shown;
    const body = await drawFrame(video);
    if (body) await requestChange(urls.file(file.id, "poster/"), { method: "POST", body });
  } catch { // it is tried again by the next page
  } finally {
    video.removeAttribute("src");
    video.load(); // ends the download
  }
}
