/** Which resource providers the subscription is registered for: all, until one is given up. */
import { ArmError, type ResourceStore } from './core.ts';

const markerOf = (namespace: string): string => `/local-azure/unregistered/${namespace.toLowerCase()}`;

/**
 * Providers that clients ask for by name, of which nothing is played here: they can be registered for and given up. What
 * else there is of Azure is not known.
 */
export const NAMED_ONLY = [
  'Microsoft.ApiManagement',
  'Microsoft.AppConfiguration',
  'Microsoft.Automation',
  'Microsoft.Cache',
  'Microsoft.Cdn',
  'Microsoft.ContainerInstance',
  'Microsoft.ContainerRegistry',
  'Microsoft.ContainerService',
  'Microsoft.CostManagement',
  'Microsoft.DesktopVirtualization',
  'Microsoft.DevTestLab',
  'Microsoft.EventGrid',
  'Microsoft.EventHub',
  'Microsoft.GuestConfiguration',
  'Microsoft.Insights',
  'Microsoft.KeyVault',
  'Microsoft.Logic',
  'Microsoft.Maintenance',
  'Microsoft.Management',
  'Microsoft.MarketplaceOrdering',
  'Microsoft.OperationalInsights',
  'Microsoft.PolicyInsights',
  'Microsoft.RecoveryServices',
  'Microsoft.Search',
  'Microsoft.Security',
  'Microsoft.ServiceBus',
  'Microsoft.Sql',
  'Microsoft.VirtualMachineImages',
  'Microsoft.Web',
];

export const isRegistered = (store: ResourceStore, namespace: string): boolean =>
  store.get(markerOf(namespace)) === undefined;

export function setRegistered(store: ResourceStore, namespace: string, registered: boolean): void {
  const id = markerOf(namespace);
  if (registered) store.delete(id);
  else store.put({ id, type: 'local/unregistered', body: {}, hidden: {} });
}

/** Nothing is made of a provider that the subscription is not registered for. @throws ArmError 409 */
export function requireRegistration(store: ResourceStore, path: string): void {
  const namespace = /\/providers\/([^/]+)\/[^/]+\/[^/]+/i.exec(path)?.[1];
  if (namespace === undefined || isRegistered(store, namespace)) return;
  throw new ArmError(
    409,
    'MissingSubscriptionRegistration',
    `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
    namespace,
  );
}
