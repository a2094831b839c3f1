namespace Scim.Application.Common;

public interface IPasswordHasher
{
    /// <summary>A versioned, salted hash of a password; null stays null.</summary>
    string? Hash(string? password);

    /// <summary>Takes as long for no hash at all, which nothing matches.</summary>
    bool Verify(string? hash, string password);
}
