declare class AssayEnvironment {
  constructor(config: unknown, context: unknown);
  readonly global: typeof globalThis;
  setup(): Promise<void>;
  teardown(): Promise<void>;
  getVmContext(): object | null;
}
export = AssayEnvironment;
