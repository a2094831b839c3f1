namespace Scim.Floor;

/// <summary>What the floor keeps of a body beside its bytes: the values that the indexes need, in lower case.</summary>
internal sealed record Keys(string Name, string? ExternalId, string? FamilyName, string? DisplayName, string? Email);

internal sealed record NewUser(Guid Id, string BulkId, Keys Keys, byte[] Document);

internal enum SearchKind
{
    UserNameStarts,
    UserNameContains,
    FamilyNameAndDisplayName,
    EmailStarts,
}

/// <summary>The statements that the operations need, and nothing else: one tenant, no checks, no journal, no versions.</summary>
internal interface IFloorStore
{
    Task CreateSchemaAsync();

    Task<long> CountAsync();

    /// <summary>The indexes of substring, name and e-mail search: there only while searches are measured.</summary>
    Task SetSearchIndexesAsync(bool present);

    Task<bool> InsertAsync(NewUser user);

    Task InsertAllAsync(IReadOnlyList<NewUser> users);

    Task<byte[]?> FindAsync(Guid id);

    Task<byte[]?> FindByUserNameAsync(string key);

    Task<byte[]?> FindByExternalIdAsync(string externalId);

    /// <summary>The total and the first <paramref name="count"/> of what starts with or contains the values.</summary>
    Task<(List<byte[]> Page, int Total)> SearchAsync(SearchKind kind, string first, string second, int count);

    Task<List<byte[]>> PageAsync(int offset, int count);

    Task<(List<byte[]> Page, long Last)> PageAfterAsync(long sequence, int count);

    Task<bool> ReplaceAsync(Guid id, Keys keys, byte[] document);

    Task<byte[]?> EditAsync(Guid id, Func<byte[], byte[]> edit);

    Task<bool> DeleteAsync(Guid id);

    Task InsertGroupAsync(Guid id, Keys keys, byte[] document);

    Task<byte[]?> FindGroupAsync(Guid id);

    Task<byte[]?> FindGroupByNameAsync(string key);

    Task<(byte[]? Document, List<Guid> Members)> FindGroupWithMembersAsync(Guid id);

    Task AddMembersAsync(Guid group, Guid[] users);

    Task RemoveMembersAsync(Guid group, Guid[] users);

    Task DeleteGroupAsync(Guid id);
}
