import type { DomainConfig } from './domain-schema.js';
import type { EndpointConfig, FileTargetConfig, ModuleConfig, TargetConfig } from './schema.js';

type Absolute = (path: string) => string;

/** A target with every path in it made absolute. */
export function absoluteTarget(target: TargetConfig, absolute: Absolute): TargetConfig {
  if (target.file === undefined) return withAbsoluteLabels(absoluteBlackBox(target, absolute), absolute);
  return absoluteFile(target, absolute);
}

export function absoluteFile(target: FileTargetConfig, absolute: Absolute): FileTargetConfig {
  const module = target.preprocessor?.module;
  const { tokenizer } = target.domain;
  return withAbsoluteLabels(
    {
      ...target,
      file: absolute(target.file),
      ...(module === undefined ? {} : { preprocessor: { ...target.preprocessor, module: absolute(module) } }),
      ...(tokenizer === undefined ? {} : { domain: { ...target.domain, tokenizer: absolute(tokenizer) } }),
    },
    absolute,
  );
}

/** All paths but that of labels. */
export function absoluteBlackBox(
  target: EndpointConfig | ModuleConfig,
  absolute: Absolute,
): EndpointConfig | ModuleConfig {
  if (target.url === undefined) return { ...target, module: absolute(target.module) };
  return { ...target, ...(target.ca === undefined ? {} : { ca: absolute(target.ca) }) };
}

export function withAbsoluteLabels<T extends Pick<TargetConfig, 'labels'>>(target: T, absolute: Absolute): T {
  return typeof target.labels === 'string' ? { ...target, labels: absolute(target.labels) } : target;
}

/** What of a target decides a result: not where files lie, how an endpoint is asked or who asks it. */
export function decisiveTarget(target: TargetConfig): object {
  const { file: _, module: _module, ca: _ca, traffic: _traffic, token: _token, labels, preprocessor, ...rest } = target;
  return {
    ...rest,
    domain: withoutTokenizer(target.domain),
    labels: Array.isArray(labels) ? labels : undefined,
    preprocessor: preprocessor?.output === undefined ? undefined : preprocessor,
  };
}

/** Without the path: what is in the file has a digest of its own. */
export function withoutTokenizer({ tokenizer: _, ...domain }: DomainConfig): DomainConfig {
  return domain;
}
