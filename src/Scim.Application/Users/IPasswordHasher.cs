namespace Scim.Application.Users;

public interface IPasswordHasher
{
    /// <summary>A versioned, salted hash of a user's password; null stays null.</summary>
    string? Hash(string? password);
}
