// A place in a book that outlives the book: beside chapter and seconds, a mark of the sentence that sounded there. When the book
// was built anew, with other words, another voice or another chapter before, the sentence is looked for, and gone on with.
//
// A mark is "FILE.TITLE.SENTENCE.MS": digests of the address of the chapter's file (which changes with its sound), of its title
// and of the sentence's text; and how many ms of the sentence had been heard.
"use strict";

(function (narrate) {
  // FNV-1a, 32 bits: enough to tell the sentences of a chapter apart.
  function digest(text) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return (hash >>> 0).toString(36);
  }

  const sentences = ({ blocks }) => blocks.flatMap(([, cues]) => cues);
  const cuesOf = (book, index) => `${book.key}/cues-${index + 1}`;

  // The mark of `at` seconds in a chapter; "" while its words are not loaded.
  narrate.markOf = function (book, index, at) {
    const cues = narrate.loaded(cuesOf(book, index));
    const heard = cues && sentences(cues).findLast(([start]) => start <= at * 1000 + 1);
    if (!heard) return "";
    const { url, title } = book.chapters[index];
    const [start, , text] = heard;
    return [digest(url), digest(title), digest(text), Math.max(0, Math.round(at * 1000 - start))].join(".");
  };

  function chapterOf(book, title, index) {
    const same = book.chapters.map((each, n) => [digest(each.title), n]).filter(([each]) => each === title);
    const nearest = same.sort(([, a], [, b]) => Math.abs(a - index) - Math.abs(b - index))[0];
    return nearest ? nearest[1] : Math.min(index, book.chapters.length - 1);
  }

  // {chapter, at} where one goes on in `book`; null in one that was not begun, or is finished.
  narrate.leftAt = async function (book) {
    const position = narrate.position(book.key);
    return position && !narrate.isFinished(position, book) ? narrate.placeOf(book, position) : null;
  };

  // {chapter, at} where `position` is in `book` as it is now.
  narrate.placeOf = async function (book, position) {
    const { chapter, at, mark } = position;
    const [file, title, sentence, into] = (mark || "").split(".");
    if (!into) return { chapter: Math.min(chapter, book.chapters.length - 1), at };
    const there = book.chapters[chapter];
    if (there && digest(there.url) === file) return { chapter, at };
    const index = chapterOf(book, title, chapter);
    try {
      const found = sentences(await narrate.load(cuesOf(book, index)))
        .filter(([, , text]) => digest(text) === sentence)
        .sort(([a], [b]) => Math.abs(a - at * 1000) - Math.abs(b - at * 1000))[0];
      if (found) return { chapter: index, at: (found[0] + Math.min(Number(into), found[1])) / 1000 };
    } catch {
      // without its words, by the clock
    }
    return { chapter: index, at };
  };
})(window.narrate);
