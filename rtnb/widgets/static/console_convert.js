// Files as the kernel takes them: what it does not read, the browser reads here. Joined behind console_files.mjs and
// console_upload.mjs.

/**
 * A file that can be sent: `{file, name, kind}`, made anew where that is needed; or an Error whose message says why not.
 */
async function sendable(file, converting = () => {}) {
  const name = shortName(file.name);
  const refused = refusedFile(file);
  if (refused) throw new Error(refused);
  let head;
  try {
    head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    throw new Error(`${name} cannot be read from the disk. Choose it again.`);
  }
  const format = formatOf(head);
  const kind = format.kind || kindOf(file.name, file.type);
  const tooLarge = refusedSize({ name: file.name, size: file.size, kind, plain: format.plain });
  if (tooLarge) throw new Error(tooLarge);
  if (kind === "image") {
    const picture = await decodedImage(file, name, format);
    if (format.plain && !hasEnd(new Uint8Array(await file.arrayBuffer()), format.name)) {
      throw new Error(`${name} is damaged: the end of the ${format.name} file is missing. It was not sent.`);
    }
    if (format.plain && file.size <= IMAGE_LIMIT) return { file, name: file.name, kind };
    converting(name);
    return { file: await paintedImage(picture, name), name: file.name, kind };
  }
  if (format.plain) return { file, name: file.name, kind };
  converting(name);
  return { file: await decodedAudio(file, name, format), name: file.name, kind };
}

const unread = (name, what, format) => new Error(
  `${name} ${format.name ? `is ${format.name === "AVIF" || format.name === "MP4" || format.name === "SVG" ? "an" : "a"} ${format.name} file that is damaged, or one that` : `is no ${what} that`} this browser cannot read; it was not sent. ${WORKS}`);

async function decodedImage(file, name, format) {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await picture.decode();
  } catch {
    throw unread(name, "image", format);
  } finally {
    URL.revokeObjectURL(picture.src);
  }
  return picture;
}

/** Its first picture, as large as a model looks at it. */
async function paintedImage(picture, name) {
  const { width, height } = fittedSize(picture.naturalWidth || 512, picture.naturalHeight || 512);
  const canvas = make("canvas", "", { width, height });
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, width, height);
  const blob = (type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality));
  let made = await blob("image/png");
  if (made && made.size > PNG_BYTES) {
    // JPEG has no transparency: white, as a page is.
    pen.globalCompositeOperation = "destination-over";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, width, height);
    made = await blob("image/jpeg", 0.9);
  }
  if (!made) throw new Error(`${name} cannot be made a PNG by this browser; save it as PNG or JPEG first.`);
  return made;
}

async function decodedAudio(file, name, format) {
  let sound;
  try {
    // A context of the API's rate: decoding resamples to it.
    sound = await new OfflineAudioContext(1, 1, WAV_HZ).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw unread(name, "sound", format);
  }
  if (sound.duration > TURN_S) {
    throw new Error(`${name} lasts ${Math.ceil(sound.duration / 60)} min; one turn has ${TURN_S / 60} min at most. In code, s.stream("file") takes recordings of any length.`);
  }
  if (sound.length === 0) throw new Error(`${name} holds no sound: there is nothing to send.`);
  const channels = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index));
  return new Blob([wavOf(channels, WAV_HZ)], { type: "audio/wav" });
}
