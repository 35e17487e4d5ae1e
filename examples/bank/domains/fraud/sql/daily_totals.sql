-- Payments per day and currency: what a normal day looks like.
SELECT
  CAST(created_at AS DATE) AS day,
  currency,
  COUNT(*) AS payments,
  SUM(CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END) AS failed,
  SUM(amount) AS total,
  MAX(amount) AS largest
FROM `payments-data-product`.payment
WHERE status <> 'CANCELLED'
GROUP BY CAST(created_at AS DATE), currency
