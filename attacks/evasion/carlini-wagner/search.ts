import type { TanhPoint } from './tanh-space.js';

export interface CarliniWagnerSettings {
  readonly searchSteps: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly firstConstant: number;
  readonly confidence: number;
  readonly earlyStop: boolean;
}

/** The authors' infinity: above this, no constant has succeeded yet. */
const NONE = 1e10;
const KNOWN = 1e9;

/** From so many search steps on, the last one repeats the least constant that succeeded. */
const REPEATS_FROM = 10;

/** A loss of more than this share of the one a tenth of the steps before is no progress. */
const PROGRESS = 0.9999;

/**
 * The search of one sample, as the authors' code has it (nn_robust_attacks, l2_attack.py): for each constant Adam anew from
 * the input, then the constant is halved towards the largest that failed, or grows tenfold until one succeeds.
 */
export class ConstantSearch {
  readonly #point: TanhPoint;
  readonly #settings: CarliniWagnerSettings;
  #constant: number;
  #lower = 0;
  #upper = NONE;
  #searchStep = 0;
  #step = 0;
  #before = Infinity;
  #hasSucceeded = false;

  constructor(point: TanhPoint, settings: CarliniWagnerSettings) {
    this.#point = point;
    this.#settings = settings;
    this.#constant = settings.firstConstant;
    this.#begin();
  }

  get isDone(): boolean {
    return this.#searchStep >= this.#settings.searchSteps;
  }

  /** The weight of the margin in the loss at present. */
  get constant(): number {
    return this.#constant;
  }

  get searchStep(): number {
    return this.#searchStep;
  }

  /**
   * Goes on from what the target said of the iterate.
   *
   * @param margin of the head
   * @param gradient of minus the margin, in the units of the data
   * @param into where the next iterate is written; left alone when the search is done
   */
  advance(margin: number, gradient: Float32Array, into: Float32Array): void {
    const { confidence, learningRate, steps } = this.#settings;
    const excess = margin + confidence;
    if (excess <= 0) this.#hasSucceeded = true;
    if (this.#isStuck(excess)) this.#nextConstant();
    else {
      this.#point.descend(gradient, excess > 0 ? this.#constant : 0, learningRate);
      if (++this.#step === steps) this.#nextConstant();
    }
    if (!this.isDone) this.#point.write(into);
  }

  /** Looks every tenth of the steps. */
  #isStuck(excess: number): boolean {
    const { earlyStop, steps } = this.#settings;
    if (!earlyStop || this.#step % Math.max(Math.floor(steps / 10), 1) !== 0) return false;
    const loss = this.#point.squaredDistance() + this.#constant * Math.max(excess, 0);
    if (loss > PROGRESS * this.#before) return true;
    this.#before = loss;
    return false;
  }

  #nextConstant(): void {
    const constant = this.#constant;
    if (this.#hasSucceeded) this.#upper = Math.min(this.#upper, constant);
    else this.#lower = Math.max(this.#lower, constant);
    if (this.#upper < KNOWN) this.#constant = (this.#lower + this.#upper) / 2;
    else if (!this.#hasSucceeded) this.#constant = 10 * constant;
    this.#searchStep++;
    if (!this.isDone) this.#begin();
  }

  #begin(): void {
    const { searchSteps } = this.#settings;
    if (searchSteps >= REPEATS_FROM && this.#searchStep === searchSteps - 1) this.#constant = this.#upper;
    this.#step = 0;
    this.#before = Infinity;
    this.#hasSucceeded = false;
    this.#point.reset();
  }
}
