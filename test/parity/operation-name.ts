/** `PUT Microsoft.Compute/disks`, `POST Microsoft.Compute/virtualMachines/start`, `GET Microsoft.Compute/locations/usages`. */
export function operationName(method: string, url: string): string {
  const segments = new URL(url).pathname.split('/').filter(Boolean);
  const at = segments.findLastIndex((segment) => segment.toLowerCase() === 'providers');
  if (at < 0) {
    const kinds = segments.filter((_, index) => index % 2 === 0);
    return `${method} ${kinds.at(-1)?.toLowerCase() === 'resourcegroups' ? 'Microsoft.Resources/resourceGroups' : kinds.join('/')}`;
  }
  const [namespace = '', ...rest] = segments.slice(at + 1);
  const types = rest.filter((_, index) => index % 2 === 0);
  const whole = rest.length % 2 === 0;
  const view = types.at(-1)?.toLowerCase() === 'instanceview';
  const suffix = whole || view || method === 'POST' ? '' : ' (list)';
  return `${method} ${[namespace, ...types].join('/')}${suffix}`;
}
