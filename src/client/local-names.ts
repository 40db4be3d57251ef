/** The local Azure's one subscription, known before it is started so that bad input needs no server. */
export const LOCAL_SUBSCRIPTION_ID = '10ca1a2e-0000-4000-8000-000000000001';
