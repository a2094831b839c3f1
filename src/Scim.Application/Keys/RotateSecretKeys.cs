using Scim.Application.Common;

namespace Scim.Application.Keys;

/// <summary>
/// Wraps the data keys of all stored secrets by the master key that is configured now. It may be ended at any moment and run
/// again, by several at once, while hosts work.
/// </summary>
public sealed record RotateSecretKeys : ICommand<IReadOnlyList<RotatedSecrets>>;

/// <param name="Kind">What the secrets are for.</param>
/// <param name="Rewrapped">Those that were under another key.</param>
/// <param name="Unreadable">Those that are under a key which nobody named.</param>
public sealed record RotatedSecrets(string Kind, int Rewrapped, int Unreadable);
