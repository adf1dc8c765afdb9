// What a participant's page does; `call(method, path, body)` is the back end, which knows the app's secret.
const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
const channels = {};
const messages = [];
let queue = Promise.resolve();

pc.ontrack = ({ track, transceiver }) => {
  const element = document.createElement(track.kind);
  element.id = `m${transceiver.mid}`;
  element.autoplay = element.muted = element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  document.body.append(element);
};

// One exchange after another: an offer of ours must not meet one of the server's.
function inTurn(exchange) {
  const done = queue.then(exchange);
  queue = done.catch(() => {});
  return done;
}

async function media(constraints) {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  return Object.fromEntries(stream.getTracks().map((track) => [track.kind, track]));
}

function drawn(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    pen.fillStyle = `hsl(${(turn += 7) % 360} 80% 50%)`;
    pen.fillRect(0, 0, width, height);
  }, 66);
  return canvas.captureStream(15).getVideoTracks()[0];
}

const offered = async () => {
  await pc.setLocalDescription(await pc.createOffer());
  return { type: "offer", sdp: pc.localDescription.sdp };
};

const publish = (tracks) =>
  inTurn(async () => {
    const sent = tracks.map(({ track, encodings, codec }) => {
      const transceiver = pc.addTransceiver(track, {
        direction: "sendonly",
        ...(encodings && { sendEncodings: encodings }),
      });
      if (codec) {
        const all = RTCRtpSender.getCapabilities(track.kind).codecs;
        const first = all.filter(({ mimeType }) => mimeType === codec);
        transceiver.setCodecPreferences([...first, ...all.filter(({ mimeType }) => /rtx/.test(mimeType))]);
      }
      return transceiver;
    });
    const sessionDescription = await offered();
    const wishes = sent.map(({ mid }, i) => ({ location: "local", mid, trackName: tracks[i].name }));
    const answer = await call("POST", "/tracks/new", { sessionDescription, tracks: wishes });
    await pc.setRemoteDescription(answer.sessionDescription);
    return answer.tracks;
  });

const receive = (tracks) =>
  inTurn(async () => {
    const wishes = tracks.map((track) => ({ location: "remote", ...track }));
    return answered(await call("POST", "/tracks/new", { tracks: wishes })).then(({ tracks }) => tracks);
  });

async function answered(made) {
  if (made.requiresImmediateRenegotiation) {
    await pc.setRemoteDescription(made.sessionDescription);
    await pc.setLocalDescription(await pc.createAnswer());
    const sessionDescription = { type: "answer", sdp: pc.localDescription.sdp };
    await call("PUT", "/renegotiate", { sessionDescription });
  }
  return made;
}

const close = (mids) =>
  inTurn(async () => {
    for (const transceiver of pc.getTransceivers())
      if (mids.includes(transceiver.mid)) transceiver.direction = "inactive";
    const sessionDescription = await offered();
    const tracks = mids.map((mid) => ({ mid }));
    const answer = await call("PUT", "/tracks/close", { tracks, force: false, sessionDescription });
    await pc.setRemoteDescription(answer.sessionDescription);
    return answer.tracks;
  });

const restartIce = () =>
  inTurn(async () => {
    pc.restartIce();
    const sessionDescription = await offered();
    const answer = await call("PUT", "/renegotiate", { sessionDescription });
    await pc.setRemoteDescription(answer.sessionDescription);
  });

const establish = () =>
  inTurn(async () => {
    const dataChannel = { location: "remote", dataChannelName: "server-events" };
    const made = await answered(await call("POST", "/datachannels/establish", { dataChannel }));
    channels["server-events"] = pc.createDataChannel("server-events", { negotiated: true, id: made.dataChannel.id });
  });

async function channel(wish) {
  const { dataChannels } = await call("POST", "/datachannels/new", { dataChannels: [wish] });
  const { id, dataChannelName: name } = dataChannels[0];
  const made = (channels[name] = pc.createDataChannel(name, { negotiated: true, id }));
  made.onmessage = ({ data }) => messages.push(data);
  if (made.readyState !== "open") await new Promise((open) => (made.onopen = open));
  return id;
}

async function statistics() {
  const report = await pc.getStats();
  const all = [...report.values()];
  const inbound = all.filter(({ type }) => type === "inbound-rtp");
  const pair = all.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded");
  return {
    connection: pc.connectionState,
    protocol: pair && report.get(pair.remoteCandidateId).protocol,
    inbound: Object.fromEntries(
      inbound.map((each) => [
        each.mid,
        {
          kind: each.kind,
          frames: each.framesDecoded ?? 0,
          width: each.frameWidth ?? 0,
          bytes: each.bytesReceived,
          samples: each.totalSamplesReceived ?? 0,
          codec: report.get(each.codecId)?.mimeType,
        },
      ])
    ),
  };
}

// The colour in the middle of a received picture, as red, green, blue.
function colour(mid) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const video = document.getElementById(`m${mid}`);
  pen.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// The loudest sample of a received sound, as soon as there is one that can be heard.
async function loudest(mid) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(document.getElementById(`m${mid}`).srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  for (let turn = 0; turn < 200; turn += 1) {
    await new Promise((later) => setTimeout(later, 20));
    analyser.getFloatTimeDomainData(samples);
    const found = Math.max(...samples.map(Math.abs));
    if (found > 0.01) return found;
  }
  return 0;
}
