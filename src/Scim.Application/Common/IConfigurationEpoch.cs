namespace Scim.Application.Common;

/// <summary>
/// The counter that every change of credentials, clients, tenants, settings and schemas moves in its own transaction.
/// Each host polls it every 400 ms; what was cached under an older epoch must be read again (design section 6).
/// </summary>
public interface IConfigurationEpoch
{
    long Current { get; }

    /// <summary>False when the last poll is a second or more ago: caches of credentials may not be trusted.</summary>
    bool IsFresh { get; }
}
