-- The request that compromised an environment, by the name that documents use.
ALTER TABLE findings RENAME COLUMN IF EXISTS patient_zero TO source_request;
