namespace Scim.Application.Common;

/// <summary>Secrets that must be read again, encrypted at rest. What is sealed for one purpose opens for no other.</summary>
public interface ISecretBox
{
    ValueTask<byte[]> SealAsync(byte[] secret, string purpose, CancellationToken cancellationToken);

    ValueTask<byte[]> OpenAsync(byte[] sealedSecret, string purpose, CancellationToken cancellationToken);
}
