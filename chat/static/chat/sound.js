// The sound of a critical alert, made by the browser. One tab plays it.
import { local } from "./storage.js";

const OFF = "sound:off"; // on this device
const TONES = [880, 660, 880]; // Hz
const TONE_TIME = 0.18; // seconds
const VOLUME = 0.2;
/** @type {AudioContext | null} */
let context = null;

export const isSoundOn = () => !local.get(OFF);

/** @param {boolean} on */
export function setSound(on) {
  if (on) local.remove(OFF);
  else local.set(OFF, "1");
}

export async function playSound() {
  const audio = (context ??= new AudioContext());
  await audio.resume();
  const begin = audio.currentTime;
  TONES.forEach((frequency, number) => playTone(audio, frequency, begin + number * TONE_TIME));
}

/**
 * @param {AudioContext} audio
 * @param {number} frequency
 * @param {number} at seconds
 */
function playTone(audio, frequency, at) {
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(VOLUME, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + TONE_TIME);
  tone.connect(gain).connect(audio.destination);
  tone.start(at);
  tone.stop(at + TONE_TIME);
}

const TURN = 3_000; // ms in which no other tab plays it

/** Browsers play no sound in a tab in which the user has done nothing yet. */
export function playCriticalSound() {
  if (!isSoundOn() || navigator.userActivation?.hasBeenActive === false) return;
  if (!navigator.locks) return void playSound();
  navigator.locks.request("critical sound", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    await playSound();
    await new Promise((resolve) => { setTimeout(resolve, TURN); });
  });
}
