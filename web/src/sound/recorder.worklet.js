// Hands what the microphone hears to the page, many samples at once.

const BLOCK = 2048;

class Recorder extends AudioWorkletProcessor {
  block = new Float32Array(BLOCK);
  filled = 0;

  constructor() {
    super();
    this.port.onmessage = () => {
      this.port.postMessage(this.block.slice(0, this.filled));
      this.port.postMessage('end');
    };
  }

  process([[samples]]) {
    if (samples === undefined) return true;
    for (const sample of samples) {
      this.block[this.filled++] = sample;
      if (this.filled < BLOCK) continue;
      this.port.postMessage(this.block.slice());
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor('heed-recorder', Recorder);
