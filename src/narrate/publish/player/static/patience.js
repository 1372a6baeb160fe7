// When the sound does not come: a tunnel, a server that starts again, a file that is gone. What was playing is asked for again,
// ever more rarely, for three minutes; then it is left to the listener. `engine.trouble` is what there is to say about it; `back`
// is told when there is a network again, so that others ask again for what they missed.
"use strict";

(function (narrate) {
  const { engine } = narrate;
  const { audio } = engine;
  const AGAIN_AFTER_S = [1, 2, 4, 8, 15, 30, 30, 30, 30, 30];
  const TELL_AFTER_MS = 1000;
  const LONGEST_WAIT_MS = 20000; // without a byte, and without an error of the browser's
  const GONE = "no connection, or the file is gone.";
  const DAMAGED = "the file is damaged, or there is nothing here to hear it with.";

  let tries = 0;
  let retry = 0;
  let telling = 0;
  let waiting = 0;
  let lostAt = 0;

  engine.trouble = "";

  function setTrouble(text) {
    if (text === engine.trouble) return;
    engine.trouble = text;
    engine.tell("trouble");
    if (!text && engine.playing) engine.tell("back");
  }

  function stopWaiting() {
    clearTimeout(telling);
    clearTimeout(waiting);
    document.documentElement.classList.remove("waiting");
  }

  function again() {
    retry = 0;
    engine.reload();
  }

  function lost() {
    stopWaiting();
    lostAt = engine.at;
    const isThere = audio.error && audio.error.code === MediaError.MEDIA_ERR_DECODE;
    if (engine.playing && !isThere && tries < AGAIN_AFTER_S.length) {
      retry = setTimeout(again, AGAIN_AFTER_S[tries] * 1000);
      tries += 1;
      setTrouble(`Trying again: ${GONE}`);
    } else {
      engine.pause();
      setTrouble(`This chapter cannot be played: ${isThere ? DAMAGED : GONE}`);
    }
  }

  function giveUp() {
    clearTimeout(retry);
    stopWaiting();
    retry = 0;
    tries = 0;
  }

  audio.addEventListener("waiting", () => {
    if (!engine.playing || retry) return;
    stopWaiting();
    waiting = setTimeout(lost, LONGEST_WAIT_MS);
    telling = setTimeout(() => {
      document.documentElement.classList.add("waiting");
      narrate.say("Waiting for the sound");
    }, TELL_AFTER_MS);
  });
  for (const event of ["playing", "canplay", "emptied"]) audio.addEventListener(event, stopWaiting);
  audio.addEventListener("playing", () => setTrouble(""));
  audio.addEventListener("timeupdate", () => {
    if (tries && !retry && !audio.paused && audio.currentTime > lostAt + 1) tries = 0;
  });
  engine.addEventListener("broken", lost);
  engine.addEventListener("state", () => !engine.playing && giveUp());
  engine.addEventListener("chapter", () => {
    giveUp();
    setTrouble("");
  });
  window.addEventListener("online", () => {
    engine.tell("back");
    if (!retry) return;
    clearTimeout(retry);
    again();
  });
})(window.narrate);
